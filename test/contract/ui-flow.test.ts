import { randomUUID } from 'node:crypto'
import { checkDefinition } from '../../shared/contract/check-definition.ts'
import { parseDefinition } from '../../shared/contract/definition.ts'
import { checkLinks } from '../../shared/contract/ui-flow/check-links.ts'
import { fillParameters } from '../../shared/contract/ui-flow/navigation.ts'
import { shareContext } from '../../shared/contract/ui-flow/share-context.ts'
import { findPage, UiFlow } from '../../shared/contract/ui-flow.ts'
import { shopFlow } from '../harness/shop-flow.ts'

const desk = randomUUID()
const sales = randomUUID()
const report = randomUUID()
const workflows = new Map([
  [desk, { name: 'Desk', type: 'chat_driven', triggerIds: ['order-help', 'hello'] }],
  [sales, { name: 'Sales', type: 'chat_driven', triggerIds: ['hello'] }],
  [report, { name: 'Report', type: 'output_focused', triggerIds: [] }],
])

const issuesOf = (given: unknown) => {
  const parsed = UiFlow.safeParse(given)
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}
const linksOf = (given: object) => {
  const checked = checkLinks(UiFlow.parse(shopFlow(desk, given)), workflows)
  return checked.ok ? checked.flow : checked.problems.map(({ path, message }) => `${path}: ${message}`)
}
const onePage = (more: object) => ({ pages: [{ pageId: 'p', title: 'P', ...more }] })
const orderPage = findPage(UiFlow.parse(shopFlow(desk)).pages, 'order-details')!

describe('the shape of a UI flow', () => {
  test('F122 what is left out takes its default', () => {
    expect(UiFlow.parse({ name: 'Bare', pages: [{ pageId: 'p', title: 'P' }] })).toEqual({
      name: 'Bare',
      experience: 'chat_based',
      defaultWorkflowId: null,
      pages: [
        {
          pageId: 'p',
          title: 'P',
          queryParameters: [],
          conversationContext: {},
          triggers: [],
          chats: [],
          children: [],
        },
      ],
    })
  })

  const deep = (depth: number): object =>
    depth === 1
      ? { pageId: 'p1', title: 'P' }
      : { pageId: `p${depth}`, title: 'P', children: [deep(depth - 1)] }
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ pageId: `p${index}`, title: 'P' }))

  test.each<[string, object, string]>([
    ['no name', { name: ' ' }, 'name: a UI flow needs a name'],
    ['another experience', { experience: 'classic' }, 'experience: '],
    ['a page id with a space', onePage({ pageId: 'a b' }), 'pages.0.pageId: an id has 1 to 100 characters'],
    ['a page without a title', onePage({ title: '' }), 'pages.0.title: a page needs a title'],
    ['an unknown field', onePage({ colour: 'red' }), 'colour'],
    [
      'an id twice, however far apart',
      {
        pages: [
          { pageId: 'p', title: 'P' },
          { pageId: 'q', title: 'Q', children: [{ pageId: 'p', title: 'P' }] },
        ],
      },
      'pages.1.children.0.pageId: the id "p" is used twice',
    ],
    [
      'a parameter twice',
      onePage({ queryParameters: [{ name: 'a' }, { name: 'a' }] }),
      'pages.0.queryParameters.1.name: "a" stands twice',
    ],
    [
      'a component twice',
      onePage({ chats: [{ componentId: 'c' }, { componentId: 'c' }] }),
      'pages.0.chats.1.componentId: "c" stands twice',
    ],
    [
      'an expression that is none',
      onePage({ conversationContext: { ok: '${a}', id: { deep: ['${a +}'] } } }),
      'pages.0.conversationContext.id: ${a +} is not an expression',
    ],
    ['a context that is no object', onePage({ conversationContext: ['a'] }), 'pages.0.conversationContext: '],
    ['501 pages', { pages: many(501) }, 'pages: a UI flow may have 500 pages, this one has 501'],
    ['21 levels', { pages: [deep(21)] }, 'pages may be nested 20 deep'],
    [
      'more expressions than may be compiled',
      onePage({ conversationContext: { all: '${a}'.repeat(10_001) } }),
      'pages: a UI flow may have 10000 placeholders',
    ],
  ])('F081 %s is refused where it stands', (_, more, words) => {
    expect(issuesOf(shopFlow(desk, more)).join('\n')).toContain(words)
  })

  test('F081 the limits themselves are allowed', () => {
    expect(issuesOf(shopFlow(desk, { pages: many(500) }))).toEqual([])
    expect(issuesOf(shopFlow(desk, { pages: [deep(20)] }))).toEqual([])
  })
})

describe('the links of a UI flow', () => {
  test('F112 a trigger gets the workflow of its page, also in the form that readers are told', () => {
    const flow = linksOf(
      onePage({ triggers: ['order-help', { id: 'hello', name: 'Hello', parameters: [] }] }),
    )
    expect(flow).toMatchObject({
      pages: [
        {
          triggers: [
            { id: 'order-help', workflowId: desk },
            { id: 'hello', workflowId: desk },
          ],
        },
      ],
    })
  })

  const both = [{ componentId: 'a' }, { componentId: 'b', workflowId: sales }]
  test('F112 among several workflows of a page, it is the one that has the trigger', () => {
    expect(linksOf(onePage({ chats: both, triggers: ['order-help'] }))).toMatchObject({
      pages: [{ triggers: [{ id: 'order-help', workflowId: desk }] }],
    })
  })

  test.each<[string, object, string]>([
    [
      'an unknown default',
      { defaultWorkflowId: randomUUID() },
      'defaultWorkflowId: this app has no workflow',
    ],
    [
      'an output-focused default',
      { defaultWorkflowId: report },
      'defaultWorkflowId: “Report” is output-focused: a chat talks with chat-driven workflows only',
    ],
    [
      'an output-focused component',
      onePage({ chats: [{ componentId: 'a', workflowId: report }] }),
      'pages[0].chats[0].workflowId: “Report” is output-focused',
    ],
    [
      'an unknown trigger',
      onePage({ triggers: ['none'] }),
      'pages[0].triggers[0]: “Desk” has no trigger "none"; there are order-help, hello',
    ],
    [
      'a trigger of another workflow',
      onePage({ triggers: [{ id: 'order-help', workflowId: sales }] }),
      'pages[0].triggers[0]: “Sales” has no trigger "order-help"; there are hello',
    ],
    [
      'a trigger that two workflows have',
      onePage({ chats: both, triggers: ['hello'] }),
      'several workflows of this page have a trigger "hello": name its workflowId',
    ],
    [
      'a trigger of no workflow at all',
      { defaultWorkflowId: null, ...onePage({ triggers: ['hello'] }) },
      'no chat of this page has a workflow: name the workflowId',
    ],
  ])('F104 %s is refused where it stands', (_, more, words) => {
    expect([linksOf(more)].flat().join('\n')).toContain(words)
  })
})

describe('the conversation context', () => {
  test('F081 is filled in from what the page knows, with the defaults of its parameters', () => {
    expect(shareContext(orderPage, { customerData: { id: 42, note: 'VIP' } })).toEqual({
      ok: true,
      context: {
        customerId: 42,
        currentPage: 'order-details',
        note: 'VIP, no campaign',
        tab: 'items',
      },
    })
    expect(
      shareContext(orderPage, { customerData: { id: 'a' }, tab: 'returns', campaign: { code: 'X' } }),
    ).toEqual({
      ok: true,
      context: { customerId: 'a', currentPage: 'order-details', note: 'none, X', tab: 'returns' },
    })
  })

  test.each<[string, object, string]>([
    [
      'a root that was not sent',
      {},
      'pageData.customerData: the page "order-details" needs "customerData" in pageData for ${customerData.id}',
    ],
    [
      'a field that is not there',
      { customerData: {} },
      'pageData: the page "order-details" cannot fill in its conversationContext.customerId: ${customerData.id}: No such key: id',
    ],
  ])('F081 %s is told by its name', (_, pageData, words) => {
    const shared = shareContext(orderPage, pageData as never)
    expect(shared.ok ? [] : shared.problems.map(({ path, message }) => `${path}: ${message}`)).toContain(
      words,
    )
  })

  test('F081 what it may cost is limited over all its values together', () => {
    const items = Array.from({ length: 150 }, (_, index) => index)
    const heavy = '${size(items.map(a, items.map(b, a + b)))}'
    const sharing = (count: number) => {
      const keys = items.slice(0, count).map((key) => [`k${key}`, heavy])
      return shareContext({ ...orderPage, conversationContext: Object.fromEntries(keys) }, { items })
    }
    expect(sharing(1)).toEqual({ ok: true, context: { k0: 150 } })
    const refused = sharing(100)
    expect(refused.ok ? [] : refused.problems[0]?.message).toContain('it takes too many steps')
  })
})

describe('the parameters of a page', () => {
  test('F106 a default fills an empty one, and what is not there is left out', () => {
    for (const tab of [undefined, null, '', ' ', [], {}])
      expect(fillParameters(orderPage, { orderId: 'ORD-1', tab: tab as never })).toEqual({
        parameters: { orderId: 'ORD-1', tab: 'items' },
        missing: [],
        unknown: [],
      })
    expect(fillParameters(orderPage, { orderId: 7, tab: ['a'] }).parameters).toEqual({
      orderId: 7,
      tab: '["a"]',
    })
    expect(fillParameters(orderPage, { orderId: 0, tab: false }).parameters).toEqual({
      orderId: 0,
      tab: false,
    })
  })

  test('F107 a required one that came out empty is named, and so is one that the page does not have', () => {
    expect(fillParameters(orderPage, { orderId: '', colour: 'red' })).toEqual({
      parameters: { tab: 'items' },
      missing: ['orderId'],
      unknown: ['colour'],
    })
  })
})

describe('a navigate step at publish', () => {
  const uiFlowId = randomUUID()
  const world = { uiFlows: { [uiFlowId]: { name: 'Shop', pages: [orderPage] } } }
  const errorsOf = (fields: object, type = 'chat_driven') => {
    const steps = [
      {
        id: 'go',
        type: 'navigate',
        uiFlowId,
        pageId: 'order-details',
        parameters: { orderId: '${variables.a}' },
        ...fields,
      },
      { id: 'end', type: 'end' },
    ]
    const parsed = parseDefinition({ name: 'N', type, variables: { a: '' }, steps })
    if (!parsed.ok) return parsed.problems.map(({ path, message }) => `${path}: ${message}`)
    return checkDefinition(parsed.definition, world).errors.map(({ path, message }) => `${path}: ${message}`)
  }

  test('F105 F106 what fits can be published, and what only a run can know is left to it', () => {
    expect(errorsOf({})).toEqual([])
    expect(errorsOf({ uiFlowId: uiFlowId.toUpperCase() })).toEqual([])
    expect(errorsOf({ pageId: '${variables.a}', parameters: { anything: 1 } })).toEqual([])
    expect(errorsOf({ uiFlowId: '${variables.a}' })).toEqual([])
  })

  test.each<[string, object, string]>([
    ['an id that is none', { uiFlowId: 'shop' }, 'steps[0].uiFlowId: must be the UUID of a UI flow'],
    ['no page', { pageId: ' ' }, 'steps[0].pageId: must not be empty'],
    [
      'a broken expression',
      { parameters: { orderId: '${' } },
      'steps[0].parameters: a placeholder is not closed',
    ],
    ['an unknown UI flow', { uiFlowId: desk }, `steps[0].uiFlowId: this app has no UI flow ${desk}`],
    [
      'an unknown page',
      { pageId: 'nowhere' },
      'steps[0].pageId: the UI flow “Shop” has no page "nowhere"; there are order-details',
    ],
    [
      'a parameter that the page does not have',
      { parameters: { orderId: '1', colour: 'red' } },
      'steps[0].parameters.colour: the page “Order details” has no parameter "colour"; there are orderId, tab',
    ],
    ['a required one left out', { parameters: {} }, 'steps[0].parameters: "orderId" has to be given'],
    [
      'a required one left empty',
      { parameters: { orderId: '' } },
      'steps[0].parameters: "orderId" has to be given',
    ],
  ])('F106 %s is refused', (_, fields, words) => {
    expect(errorsOf(fields).join('\n')).toContain(words)
  })

  test('F105 an output-focused workflow has none', () => {
    expect(errorsOf({}, 'output_focused')).toEqual([
      'steps[0].type: an output-focused workflow has nobody to lead to a page: "navigate" is for chat-driven ones',
    ])
  })
})
