/** What OAuth needs of the store; secrets are given and kept as hashes. */

/** An app that registered. */
export type OauthApp = {
  readonly id: number
  /** Its public name in OAuth. */
  readonly client: string
  readonly secret: string
  readonly name: string
  readonly website: string | null
  readonly redirects: readonly string[]
  /** Separated by spaces, as all scopes here. */
  readonly scopes: string
  readonly created_at: number
}

/** An authorisation code; `token_id` is the token that was given for it. */
export type OauthCode = {
  readonly hash: string
  readonly app_id: number
  readonly redirect: string
  readonly scopes: string
  readonly challenge: string | null
  readonly expires_at: number
  readonly token_id: number | null
}

/** A token; `personal` is 1 when it stands for the person, 0 for one of the app alone. Times in milliseconds since 1970. */
export type OauthToken = {
  readonly id: number
  readonly hash: string
  readonly app_id: number
  readonly personal: number
  readonly scopes: string
  readonly created_at: number
  readonly used_at: number
}

/** A token with the app that holds it. */
export type HeldToken = { readonly token: OauthToken; readonly app: OauthApp }

export interface OauthStore {
  addApp(app: Omit<OauthApp, 'id'>): Promise<OauthApp>
  app(client: string): Promise<OauthApp | undefined>
  addCode(code: Omit<OauthCode, 'token_id'>, now: number): Promise<void>
  code(hash: string): Promise<OauthCode | undefined>
  /** False where the code already gave a token. */
  redeem(code: string, token: Omit<OauthToken, 'id'>): Promise<boolean>
  addAppToken(token: Omit<OauthToken, 'id'>): Promise<void>
  token(hash: string): Promise<HeldToken | undefined>
  used(id: number, now: number): Promise<void>
  revoke(id: number): Promise<void>
  /** Tokens of the person, the newest first. */
  personal(): Promise<readonly HeldToken[]>
}
