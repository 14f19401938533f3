/** `npm test [-- FILE|FOLDER… --test-name-pattern=…]`: the tests beside the code and those of the whole tree. */
import { runSuite } from './node-test.ts'

runSuite(
  {
    title: 'Tests',
    files: [
      '{src,scripts,bench}/**/*.test.ts',
      'test/*.test.ts',
      'test/{architecture,rig}/**/*.test.ts',
    ],
  },
  process.argv.slice(2),
)
