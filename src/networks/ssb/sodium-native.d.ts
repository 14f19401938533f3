// The binding ships no types; sodium.ts gives those of the calls that are used.
declare module 'sodium-native' {
  const binding: unknown
  export default binding
}
