#include "sandbox/drive.h"

#include <optional>

#include "sandbox/form.h"
#include "sandbox/json.h"
#include "transport/curl_client.h"

namespace tollgate::sandbox {
namespace {

using transport::ClientReply;
using transport::ClientRequest;

constexpr int kRedirectsMax = 5;
constexpr std::chrono::milliseconds kPollEvery{25};

Error stopped(const char* step, const std::string& why) {
    return {ErrorCode::unavailable, std::string(step) + ": " + why};
}

// "http://host:port" of a URL.
std::string origin_of(const std::string& url) {
    const std::size_t host = url.find("://");
    if (host == std::string::npos) return url;
    return url.substr(0, url.find('/', host + 3));
}

std::string text_between(const std::string& text, std::string_view before, std::string_view after) {
    const std::size_t at = text.find(before);
    if (at == std::string::npos) return {};
    const std::size_t from = at + before.size();
    const std::size_t to = text.find(after, from);
    return to == std::string::npos ? std::string() : text.substr(from, to - from);
}

// A browser as small as this needs: follows redirects and knows where it is.
class Browser {
public:
    struct Page {
        std::string url;
        std::string html;
    };

    Result<ClientReply> send(ClientRequest request) {
        return transport::send_and_wait(client_, std::move(request));
    }

    Result<Page> visit(ClientRequest request) {
        for (int i = 0; i < kRedirectsMax; ++i) {
            const std::string url = request.url;
            TOLLGATE_TRY(const ClientReply reply, send(std::move(request)));
            const auto location = transport::find_header(reply.headers, "Location");
            if (reply.status < 300 || reply.status >= 400 || !location) {
                return Page{.url = url, .html = reply.body};
            }
            const std::string target(*location);
            request = {.method = "GET",
                       .url = target.starts_with('/') ? origin_of(url) + target : target};
        }
        return Error(ErrorCode::unavailable, "too many redirects");
    }

    // Lets time pass without the network: an idle client waits for a request that never comes.
    void wait(std::chrono::milliseconds time) { client_.run_once(time); }

private:
    transport::CurlClient client_{{.user_agent = "tollgate-drive"}};
};

ClientRequest post(std::string url, std::string type, std::string body) {
    return {.url = std::move(url),
            .headers = {{"Content-Type", std::move(type)}},
            .body = std::move(body)};
}

Result<Json> place_order(Browser& browser, const DriveSettings& settings) {
    const Json body = {{"good", settings.good}, {"product", settings.product}};
    const auto reply =
        browser.send(post(settings.shop_url + "/api/orders", "application/json", to_text(body)));
    if (!reply) return stopped("placing the order", reply.error().message());
    const auto order = parse_object(reply->body);
    if (!order) return stopped("placing the order", "the shop answered no JSON");
    if (reply->status != 201) {
        return stopped("placing the order",
                       text_member(*order, "reason")
                           .value_or(text_member(*order, "code")
                                         .value_or("status " + std::to_string(reply->status))));
    }
    return order;
}

// What the buyer does with the action: opens an address, or hands a text to the app.
Result<ClientRequest> opening(const Json& order, const DriveSettings& settings) {
    const Json* action = member(order, "action");
    const std::string type =
        action == nullptr ? std::string() : text_member(*action, "type").value_or("");
    if (type == "redirect" || type == "qr") {
        const char* name = type == "redirect" ? "url" : "qr_code";
        return ClientRequest{.method = "GET", .url = text_member(*action, name).value_or("")};
    }
    if (type == "sdk") {
        const Fields form = {{"order_string", text_member(*action, "order_string").value_or("")}};
        return post(settings.alipay_url + "/app", "application/x-www-form-urlencoded",
                    to_form(form));
    }
    return stopped("opening the cashier", "the order has no action that a buyer could take");
}

Result<Done> pay(Browser& browser, const Json& order, const DriveSettings& settings) {
    TOLLGATE_TRY(ClientRequest request, opening(order, settings));
    const auto cashier = browser.visit(std::move(request));
    if (!cashier) return stopped("opening the cashier", cashier.error().message());
    const std::string nonce = text_between(cashier->html, R"(name="nonce" value=")", "\"");
    if (nonce.empty()) {
        const std::string code = text_between(cashier->html, R"(id="sub_code">)", "<");
        return stopped("opening the cashier",
                       code.empty() ? "there is nothing to pay on " + cashier->url : code);
    }
    const auto paid = browser.visit(post(cashier->url + "/pay", "application/x-www-form-urlencoded",
                                         to_form({{"nonce", nonce}})));
    if (!paid) return stopped("paying", paid.error().message());
    return Done{};
}

Result<Json> look_at(Browser& browser, const DriveSettings& settings, const std::string& number) {
    const auto reply =
        browser.send({.method = "GET", .url = settings.shop_url + "/api/orders/" + number});
    if (!reply) return stopped("looking at the order", reply.error().message());
    return parse_object(reply->body);
}

DriveReport report_on(const Json& order) {
    const Json* delivered = member(order, "event_delivered");
    return {.order = text_member(order, "order").value_or(""),
            .payment_id = text_member(order, "payment_id").value_or(""),
            .status = text_member(order, "status").value_or(""),
            .event_delivered = delivered != nullptr && *delivered == true,
            .create_ms = integer_member(order, "create_ms").value_or(-1),
            .notify_to_event_ms = integer_member(order, "notify_to_event_ms").value_or(-1)};
}

}  // namespace

Result<DriveReport> drive_one_order(const DriveSettings& settings, Clock& clock) {
    Browser browser;
    const auto deadline = clock.monotonic() + settings.deadline;
    TOLLGATE_TRY(const Json placed, place_order(browser, settings));
    const std::string number = text_member(placed, "order").value_or("");
    TOLLGATE_DO(pay(browser, placed, settings));
    while (true) {
        TOLLGATE_TRY(const Json order, look_at(browser, settings, number));
        const DriveReport report = report_on(order);
        if (report.status == "paid") return report;
        if (clock.monotonic() >= deadline) {
            return stopped("waiting for the event",
                           "order " + number + " is still " + report.status);
        }
        browser.wait(kPollEvery);
    }
}

}  // namespace tollgate::sandbox
