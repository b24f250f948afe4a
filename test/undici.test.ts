import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as whole from 'undici'
import { Agent, buildConnector } from '../src/undici.ts'

test("undici's Agent and connector are those that its index has", () => {
  assert.equal(Agent, whole.Agent)
  assert.equal(buildConnector, whole.buildConnector)
  const { request } = Agent.prototype
  assert.equal(request, whole.Dispatcher.prototype.request)
})
