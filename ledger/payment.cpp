#include "ledger/payment.h"

#include "base/check.h"
#include "base/log.h"
#include "base/time_text.h"

namespace tollgate::ledger {
namespace {

// Writes members one after another; nothing here can fail or throw, and no tree is built.
class ObjectText {
public:
    ObjectText& text(std::string_view name, std::string_view value) {
        key(name);
        append_json_string(json_, value);
        return *this;
    }
    ObjectText& maybe_text(std::string_view name, const std::optional<std::string>& value) {
        return value ? text(name, std::string_view(*value)) : raw(name, "null");
    }
    ObjectText& time(std::string_view name, const std::optional<Timestamp>& at) {
        return at ? text(name, to_rfc3339(*at)) : raw(name, "null");
    }
    ObjectText& number(std::string_view name, std::int64_t value) {
        return raw(name, std::to_string(value));
    }
    ObjectText& yes(std::string_view name, bool value) {
        return raw(name, value ? "true" : "false");
    }
    ObjectText& raw(std::string_view name, std::string_view json) {
        key(name);
        json_ += json;
        return *this;
    }
    std::string end() && { return std::move(json_) + "}"; }

private:
    void key(std::string_view name) {
        json_ += json_.size() > 1 ? ",\"" : "\"";
        json_ += name;
        json_ += "\":";
    }

    std::string json_ = "{";
};

}  // namespace

std::string_view name_of(Cause cause) {
    switch (cause) {
        case Cause::api: return "api";
        case Cause::notification: return "notification";
        case Cause::query: return "query";
        case Cause::bill: return "bill";
        case Cause::timer: return "timer";
        case Cause::operator_: return "operator";
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::string to_json(const Payment& payment) {
    ObjectText json;
    json.text("id", payment.id)
        .text("app", payment.app)
        .text("out_trade_no", payment.out_trade_no)
        .maybe_text("order", payment.order)
        .text("product", payment.product)
        .text("status", name_of(payment.status))
        .number("version", payment.version)
        .number("amount", payment.amount.fen())
        .text("currency", "CNY")
        .text("subject", payment.subject)
        .text("seller_id", payment.seller_id)
        .maybe_text("trade_no", payment.trade_no)
        .time("created_at", payment.created_at)
        .time("expires_at", payment.expires_at)
        .time("paid_at", payment.paid_at)
        .yes("late", payment.late)
        .yes("surplus", payment.surplus)
        .yes("held", payment.held)
        .yes("close_requested", payment.close_requested);
    if (payment.failure) json.text("failure", *payment.failure);
    json.raw("metadata", payment.metadata.value_or("{}"));
    return std::move(json).end();
}

}  // namespace tollgate::ledger
