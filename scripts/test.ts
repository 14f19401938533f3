/** `npm test [-- FILE|FOLDER… --test-name-pattern=…]`: the tests beside the code and those of the whole tree. */
import { runSuite } from './node-test.ts'

runSuite(
  {
    title: 'Tests',
    files: ['{src,scripts,bench,test}/**/*.test.ts'],
    not: ['test/interop/', 'test/e2e/'],
  },
  process.argv.slice(2),
)
