#include "gateway/return_page.h"

#include "signing/form.h"
#include "signing/notification.h"

namespace tollgate::gateway {
namespace {

using transport::ServerResponse;

ServerResponse page(int status, std::string_view chinese, std::string_view english) {
    std::string html =
        "<!doctype html><html lang=\"zh\"><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width\"><title>Tollgate</title>"
        "<style>body{font:1.1rem/1.6 system-ui,sans-serif;max-width:32rem;margin:20vh auto;"
        "padding:0 1rem;text-align:center;color-scheme:light dark}</style><p>";
    html += chinese;
    html += "<p lang=\"en\">";
    html += english;
    return {.status = status, .content_type = "text/html; charset=utf-8", .body = std::move(html)};
}

ServerResponse wait_page() {
    return page(200, "支付结果正在确认，请回到商家页面查看订单。",
                "Your payment is being confirmed. Please look at your order in the shop.");
}

}  // namespace

void ReturnPage::get(transport::ServerRequest& request, transport::Ticket ticket) {
    const callbacks::AppRef app = apps_.find(request.captures.at(0));
    if (app == nullptr) {
        return ticket.complete(page(404, "没有这个页面。", "There is no such page."));
    }
    const auto fields = signing::decode_form(request.query);
    const auto verified =
        fields ? signing::verify_return(*fields, app->alipay) : Result<Done>(fields.error());
    if (!verified) {
        if (const auto unsaid = unverified_lines_.admit()) {
            log_.warning("return.unverified", {{"app", app->id},
                                               {"request_id", request.request_id},
                                               {"reason", verified.error().reason()},
                                               {"unsaid_before", *unsaid}});
        }
        return ticket.complete(page(400, "无法验证这个返回地址，请回到商家页面查看订单。",
                                    "This address could not be verified. Please look at your "
                                    "order in the shop."));
    }
    const auto number = signing::find(*fields, "out_trade_no").value_or("");
    const auto reading = store_.read();
    if (!reading) return ticket.complete(wait_page());
    const auto payment = (*reading)->payment_by_number(app->id, number);
    if (!payment || !*payment) return ticket.complete(wait_page());
    const auto asked = (*reading)->request_of(**payment);
    if (!asked || !asked->return_url) return ticket.complete(wait_page());
    ticket.complete({.status = 302, .headers = {{"Location", *asked->return_url}}});
}

}  // namespace tollgate::gateway
