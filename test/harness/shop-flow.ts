/** A UI flow with three pages: a start, an order below it, and a dashboard with a chat of its own. */
export const shopFlow = (workflowId: string | null, more: object = {}) => ({
  name: 'Shop',
  experience: 'chat_based',
  defaultWorkflowId: workflowId,
  pages: [
    {
      pageId: 'home',
      title: 'Home',
      chats: [{ componentId: 'bubble' }],
      children: [
        {
          pageId: 'order-details',
          title: 'Order details',
          queryParameters: [
            { name: 'orderId', required: true },
            { name: 'tab', default: 'items' },
          ],
          conversationContext: {
            customerId: '${customerData.id}',
            currentPage: 'order-details',
            note: '${customerData.?note.orValue("none")}, ${campaign.?code.orValue("no campaign")}',
            tab: '${tab}',
          },
          chats: [{ componentId: 'side' }],
        },
      ],
    },
    { pageId: 'dashboard', title: 'Dashboard' },
  ],
  ...more,
})
