#include "sandbox/payment_call.h"

#include "sandbox/json.h"

namespace tollgate::sandbox {
namespace {

// The detail of an RFC 9457 problem, with its code and, when there are any, its fields.
std::string problem_text(const transport::ClientReply& reply) {
    std::string text = "the gateway answered " + std::to_string(reply.status);
    const auto problem = parse_object(reply.body);
    if (!problem) return text;
    for (const char* name : {"code", "title", "detail"}) {
        if (const auto part = text_member(*problem, name)) text += ": " + *part;
    }
    if (const Json* errors = member(*problem, "errors")) text += " " + to_text(*errors);
    return text;
}

}  // namespace

transport::ClientRequest create_payment_request(const GatewayAccess& gateway,
                                                const ShopOrder& order, std::string_view shop_url) {
    Json body = {{"app", gateway.app},           {"out_trade_no", order.out_trade_no},
                 {"product", order.product},     {"subject", order.subject},
                 {"amount", order.amount.fen()}, {"order", order.order}};
    const std::string order_page = std::string(shop_url) + "/orders/" + order.order;
    const bool in_browser = order.product == "page" || order.product == "wap";
    if (in_browser) body["return_url"] = order_page;
    if (order.product == "wap") body["quit_url"] = order_page;
    return {.url = gateway.url + "/v1/payments",
            .headers = {{"Content-Type", "application/json"},
                        {"Accept", "application/json"},
                        {"Authorization", "Bearer " + std::string(gateway.api_key.reveal())},
                        {"Idempotency-Key", order.out_trade_no}},
            .body = to_text(body)};
}

Result<CreatedPayment> read_create_reply(const Result<transport::ClientReply>& reply) {
    if (!reply) return Error(reply.error().code(), reply.error().message());
    if (reply->status != 200 && reply->status != 201) {
        return Error(ErrorCode::unavailable, problem_text(*reply));
    }
    TOLLGATE_TRY(const Json json, parse_object(reply->body));
    return read_created_payment(json);
}

}  // namespace tollgate::sandbox
