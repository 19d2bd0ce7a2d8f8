// Plain JavaScript, like the other files that Jest itself loads.
import vm from 'node:vm'
import { TestEnvironment } from 'jest-environment-node'

/**
 * Jest's environment for Node, but with an ordinary global object. Jest's own is a Proxy behind an interceptor, so that
 * each `Object` or `Array` in the code, ours or a library's, takes a hundred times as long.
 */
export default class extends TestEnvironment {
  constructor(...given) {
    const { createContext } = vm
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY)
    try {
      super(...given)
    } finally {
      vm.createContext = createContext
    }
  }
}
