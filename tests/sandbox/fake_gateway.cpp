#include "tests/sandbox/fake_gateway.h"

#include <array>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"
#include "base/money.h"
#include "base/time_text.h"
#include "sandbox/base64.h"
#include "sandbox/content.h"
#include "sandbox/web.h"
#include "tests/sandbox/request_maker.h"
#include "tests/sandbox/test_keys.h"

namespace tollgate::sandbox {
namespace {

struct Product {
    const char* name;
    const char* method;
    const char* code;
};
constexpr std::array<Product, 3> kProducts = {{
    {"page", "alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY"},
    {"wap", "alipay.trade.wap.pay", "QUICK_WAP_WAY"},
    {"app", "alipay.trade.app.pay", "QUICK_MSECURITY_PAY"},
}};

std::string webhook_signature(const std::string& content) {
    const std::string key = *from_base64(std::string_view(FakeGateway::kSecret).substr(6));
    std::array<unsigned char, 32> bytes{};
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(content.data()), content.size(), bytes.data(),
         nullptr);
    return "v1," + to_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

FakeGateway::FakeGateway(Clock& clock, Entropy& entropy, Log& log)
    : clock_(clock),
      key_(*PrivateKey::parse(app_keys().private_pem)),
      alipay_key_(*PublicKey::parse(alipay_keys().public_pem)) {
    transport::Listener listener{.name = "api", .address = "127.0.0.1"};
    const auto add = [&listener](const char* path, auto handle) {
        listener.router.add("POST", path,
                            [handle](transport::ServerRequest& request, transport::Ticket ticket) {
                                ticket.complete(handle(request));
                            });
    };
    add("/v1/payments", [this](const auto& request) { return create(request); });
    add("/notify", [this](const auto& request) { return notified(request); });
    std::vector<transport::Listener> listeners;
    listeners.push_back(std::move(listener));
    auto front = transport::Front::open(std::move(listeners),
                                        {.clock = clock, .entropy = entropy, .log = log});
    TOLLGATE_CHECK(front.has_value());
    front_ = *std::move(front);
    worker_ = std::thread([this] { front_->run(); });
    driver_ = std::thread([this] {
        while (!stopped_) client_.run_once(std::chrono::milliseconds(100));
    });
}

FakeGateway::~FakeGateway() {
    front_->stop(std::chrono::milliseconds(500));
    worker_.join();
    stopped_ = true;
    client_.wake();
    driver_.join();
    client_.cancel_all();
}

std::string FakeGateway::url() const {
    return "http://127.0.0.1:" + std::to_string(front_->port("api"));
}

void FakeGateway::connect(std::string alipay_url, std::string shop_url) {
    alipay_url_ = std::move(alipay_url);
    shop_url_ = std::move(shop_url);
}

transport::ServerResponse FakeGateway::create(const transport::ServerRequest& request) {
    const auto json = parse_object(request.body);
    const bool known = request.header("Authorization") == "Bearer " + std::string(kApiKey);
    if (!known || !json || !request.header("Idempotency-Key")) {
        return json_answer(401, {{"code", "unauthenticated"}});
    }
    const std::string product = *text_member(*json, "product");
    const std::int64_t fen = *integer_member(*json, "amount");
    for (const Product& row : kProducts) {
        if (product != row.name) continue;
        const Json biz = {{"out_trade_no", *text_member(*json, "out_trade_no")},
                          {"total_amount", Money::from_fen(fen).to_yuan()},
                          {"subject", *text_member(*json, "subject")},
                          {"product_code", row.code}};
        Fields fields = with(unsigned_request(row.method, biz), "notify_url", url() + "/notify");
        fields = with(fields, "timestamp", to_beijing(clock_.now()));
        fields = with(fields, "return_url", text_member(*json, "return_url").value_or(""));
        const std::string query = to_form(signed_with(fields, app_keys().private_pem));
        const Json action = product == "app" ? Json{{"type", "sdk"}, {"order_string", query}}
                                             : Json{{"type", "redirect"},
                                                    {"url", alipay_url_ + "/gateway.do?" + query}};
        return json_answer(201, {{"id", "pay_" + *text_member(*json, "order")},
                                 {"status", "pending"},
                                 {"version", 1},
                                 {"action", action}});
    }
    return json_answer(422, {{"code", "no_such_product"}, {"title", "qr is not faked"}});
}

transport::ServerResponse FakeGateway::notified(const transport::ServerRequest& request) {
    const auto fields = parse_form(request.body);
    const bool good =
        fields && alipay_key_.verify(canonical_content(*fields, ContentRule::notification),
                                     value_of(*fields, "sign"), SignType::rsa2);
    if (!good) {
        ++bad_notifications;
        return {.status = 200, .content_type = "text/plain", .body = "fail"};
    }
    const auto total = Money::parse_yuan(value_of(*fields, "total_amount"));
    send_event(value_of(*fields, "out_trade_no"), std::to_string(total->fen()));
    return {.status = 200, .content_type = "text/plain", .body = notify_answer_};
}

void FakeGateway::send_event(const std::string& out_trade_no, const std::string& fen) {
    const std::string body = R"({"type":"payment.paid","timestamp":"2026-11-11T00:00:00Z","data":)"
                             R"({"payment":{"id":"pay_1","status":"paid","version":2,"amount":)" +
                             fen + R"(,"out_trade_no":")" + out_trade_no + R"("}}})";
    const std::string seconds = std::to_string(clock_.now().ms / 1000);
    const std::string id = "evt_" + out_trade_no;
    client_.start(
        {.url = shop_url_ + "/events",
         .headers = {{"Content-Type", "application/json"},
                     {"webhook-id", id},
                     {"webhook-timestamp", seconds},
                     {"webhook-signature", webhook_signature(id + "." + seconds + "." + body)}},
         .body = body},
        [](const Result<transport::ClientReply>&) {});
}

}  // namespace tollgate::sandbox
