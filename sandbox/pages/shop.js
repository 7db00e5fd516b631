// Keeps order pages current: asks the shop until the confirmation has arrived.
"use strict";
(function () {
  const page = document.querySelector("[data-order-page]");
  const waiting = () => document.querySelectorAll('[data-order][data-status="pending"], [data-order][data-status="new"]');

  async function ask(url) {
    const reply = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!reply.ok) throw new Error("status " + reply.status);
    return reply.json();
  }

  async function look() {
    if (page) {
      const order = await ask("/api/orders/" + encodeURIComponent(page.dataset.orderPage));
      if (order.status !== page.dataset.status) return location.reload();
      if (order.status !== "new" && order.status !== "pending") return undefined;
    } else {
      const { orders } = await ask("/api/orders");
      const known = new Map(orders.map((order) => [order.order, order.status]));
      for (const badge of waiting()) {
        const status = known.get(badge.dataset.order);
        if (status !== undefined && status !== badge.dataset.status) return location.reload();
      }
      if (waiting().length === 0) return undefined;
    }
    return setTimeout(again, 1000);
  }

  function again() {
    look().catch(() => setTimeout(again, 3000));
  }
  if (page || document.querySelector("[data-orders]")) setTimeout(again, 600);
})();
