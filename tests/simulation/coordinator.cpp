#include "tests/simulation/coordinator.h"

#include <utility>

#include "tests/simulation/gateway_process.h"

namespace tollgate::simulation {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr milliseconds kAgain{30'000};
// So often it asks for what the buyer has not agreed to, and lets it go then.
constexpr int kNotYetMax = 6;

Json object_in(const Result<Network::Reply>& reply) {
    const Json body = reply ? Json::parse(reply->body, nullptr, false) : Json();
    return body.is_object() ? body : Json::object();
}

bool is_final(const std::string& status) {
    return status == "confirmed" || status == "cancelled" || status == "failed";
}

}  // namespace

void Coordinator::plan(const std::string& number, milliseconds span) {
    WantedFreeze wanted;
    wanted.number = number;
    const auto product = dice_.below(10);
    wanted.product = product < 4 ? "qr" : product < 8 ? "barcode" : "app";
    wanted.amount = Money::from_fen(dice_.between(1, 1'000'000));
    wanted.capture =
        dice_.chance(500) ? wanted.amount : Money::from_fen(dice_.between(1, wanted.amount.fen()));
    if (dice_.chance(300)) wanted.expires_in = dice_.between(60, 7'200);
    const auto end = dice_.below(10);
    wanted.end = end < 6 ? End::confirm : end < 9 ? End::cancel : End::neither;
    wanted.cancels_early = dice_.chance(200);
    wanted.in_two_minds = dice_.chance(150);
    const std::size_t index = wanted_.size();
    by_number_[number] = index;
    const bool cancels_early = wanted.cancels_early;
    wanted_.push_back(std::move(wanted));
    ++unanswered_;
    const milliseconds at(dice_.between(1, span.count()));
    seams_.world.after(at, [this, index] { attempt(index); });
    if (!cancels_early) return;
    wanted_[index].end = End::cancel;
    wanted_[index].has_begun_to_end = true;
    ++unanswered_;
    // Now and then before it.
    const milliseconds sooner = std::max(milliseconds(0), at - milliseconds(500));
    seams_.world.after(sooner + milliseconds(dice_.between(0, 3'000)),
                       [this, index] { cancel(index); });
}

const Money* Coordinator::capture_of(const std::string& number) const {
    const auto known = by_number_.find(number);
    return known == by_number_.end() ? nullptr : &wanted_[known->second].capture;
}

void Coordinator::later(milliseconds most, std::function<void()> action) {
    seams_.world.after(milliseconds(dice_.between(1, most.count())), std::move(action));
}

void Coordinator::call(const std::string& what, transport::ClientRequest request, std::size_t index,
                       Replied done) {
    request.headers.emplace_back("Authorization", "Bearer " + std::string(kCallerKey));
    if (!request.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
    request.total_timeout = milliseconds(45'000);
    seams_.network.exchange(
        what + " " + wanted_[index].number, std::move(request), seams_.to_gateway,
        [this, index, done](const Result<Network::Reply>& reply) { (this->*done)(index, reply); });
}

void Coordinator::unexpected(const std::string& what, const Result<Network::Reply>& reply,
                             const std::string& code) {
    if (code.empty() || reply->status >= 500 || code == "in_progress") return;
    seams_.on_violation(what + " was answered " + std::to_string(reply->status) + ": " +
                        reply->body);
}

void Coordinator::attempt(std::size_t index) {
    const WantedFreeze& wanted = wanted_[index];
    Json body = {{"app", "shop"},
                 {"out_auth_no", wanted.number},
                 {"product", wanted.product},
                 {"amount", wanted.amount.fen()},
                 {"subject", "A deposit"},
                 {"expires_in", wanted.expires_in}};
    if (wanted.product == "barcode") body["auth_code"] = "281234567890123456";
    transport::ClientRequest request;
    request.url = "/v1/preauthorisations";
    request.body = body.dump();
    call("try", std::move(request), index, &Coordinator::after_try);
}

void Coordinator::after_try(std::size_t index, const Result<Network::Reply>& reply) {
    if (!reply || reply->status >= 300) return try_refused(index, reply);
    const Json preauth = object_in(reply);
    learn(preauth);
    --unanswered_;
    if (preauth.contains("action") && preauth["action"].is_object()) {
        hand_over(index, preauth["action"]);
    }
    begin_to_end(index);
}

void Coordinator::try_refused(std::size_t index, const Result<Network::Reply>& reply) {
    WantedFreeze& wanted = wanted_[index];
    const Json body = object_in(reply);
    const std::string code = body.value("code", "");
    const bool is_over = code == "freeze_refused" || code == "preauthorisation_cancelled" ||
                         code == "cancelled_before_try";
    if (is_over) {
        if (code == "cancelled_before_try" && !wanted.cancel_asked) {
            seams_.on_violation("nobody has cancelled " + wanted.number + ": " + reply->body);
        }
        if (body.contains("preauthorisation")) learn(body["preauthorisation"]);
        --unanswered_;
        return;
    }
    unexpected("trying " + wanted.number, reply, code);
    if (wanted.cancels_early || dice_.chance(600)) {
        return later(kAgain, [this, index] { attempt(index); });
    }
    // In doubt about the try, a coordinator cancels.
    wanted.end = End::cancel;
    --unanswered_;
    begin_to_end(index);
}

void Coordinator::begin_to_end(std::size_t index) {
    WantedFreeze& wanted = wanted_[index];
    if (wanted.end == End::neither || std::exchange(wanted.has_begun_to_end, true)) return;
    const milliseconds most = minutes(dice_.chance(700) ? 1 : 40);
    ++unanswered_;
    later(most, [this, index] { end(index); });
    if (!wanted.in_two_minds || wanted.end == End::cancel) return;
    ++unanswered_;
    later(most, [this, index] { cancel(index); });
}

void Coordinator::end(std::size_t index) {
    wanted_[index].end == End::confirm ? confirm(index) : cancel(index);
}

void Coordinator::confirm(std::size_t index) {
    WantedFreeze& wanted = wanted_[index];
    wanted.confirm_asked = true;
    transport::ClientRequest request;
    request.url = "/v1/preauthorisations/shop/" + wanted.number + "/confirm";
    request.body = Json{{"amount", wanted.capture.fen()}}.dump();
    call("confirm", std::move(request), index, &Coordinator::after_confirm);
}

void Coordinator::after_confirm(std::size_t index, const Result<Network::Reply>& reply) {
    WantedFreeze& wanted = wanted_[index];
    const Json body = object_in(reply);
    const std::string code = body.value("code", "");
    if (body.contains("preauthorisation")) learn(body["preauthorisation"]);
    if (reply && reply->status < 300) {
        if (body.value("status", "") != "confirmed") {
            seams_.on_violation("a confirm of " + wanted.number + " succeeded: " + reply->body);
        }
        learn(body);
        --unanswered_;
        return;
    }
    if (code == "preauthorisation_cancelled" || code == "preauthorisation_failed") {
        --unanswered_;
        return;
    }
    const bool gives_up = code == "preauthorisation_not_found" ||
                          (code == "confirm_refused" && dice_.chance(500)) ||
                          (code == "not_frozen" && ++wanted.not_yet > kNotYetMax);
    if (gives_up) {
        wanted.end = End::cancel;
        return later(kAgain, [this, index] { cancel(index); });
    }
    const bool not_yet =
        code == "not_frozen" || code == "confirm_unfinished" || code == "confirm_refused";
    if (!not_yet) unexpected("confirming " + wanted.number, reply, code);
    later(kAgain, [this, index] { confirm(index); });
}

void Coordinator::cancel(std::size_t index) {
    WantedFreeze& wanted = wanted_[index];
    wanted.cancel_asked = true;
    transport::ClientRequest request;
    request.url = "/v1/preauthorisations/shop/" + wanted.number + "/cancel";
    call("cancel", std::move(request), index, &Coordinator::after_cancel);
}

void Coordinator::after_cancel(std::size_t index, const Result<Network::Reply>& reply) {
    const WantedFreeze& wanted = wanted_[index];
    const Json body = object_in(reply);
    const std::string code = body.value("code", "");
    if (body.contains("preauthorisation")) learn(body["preauthorisation"]);
    if (reply && reply->status < 300) {
        const std::string status = body.value("status", "");
        if (status != "cancelled" && status != "failed") {
            seams_.on_violation("a cancel of " + wanted.number + " succeeded: " + reply->body);
        }
        learn(body);
        --unanswered_;
        return;
    }
    if (code == "preauthorisation_confirmed") {
        if (!wanted.confirm_asked) {
            seams_.on_violation("nobody has confirmed " + wanted.number + ": " + reply->body);
        }
        return later(kAgain, [this, index] { confirm(index); });
    }
    if (code != "cancel_unfinished") unexpected("cancelling " + wanted.number, reply, code);
    later(kAgain * 4, [this, index] { cancel(index); });
}

void Coordinator::hand_over(std::size_t index, const Json& action) {
    WantedFreeze& wanted = wanted_[index];
    if (std::exchange(wanted.buyer_has_code, true)) return;
    if (dice_.chance(100)) return;  // He has left.
    const std::string type = action.value("type", "");
    const std::string text = action.value(type == "qr" ? "qr_code" : "order_string", "");
    ++buyers_at_work_;
    // Some come with an old code.
    const milliseconds most =
        dice_.chance(850) ? milliseconds(60'000) : milliseconds(wanted.expires_in * 1'200);
    later(most, [this, index, type, text] { agree(index, type, text); });
}

void Coordinator::agree(std::size_t index, const std::string& type, const std::string& text) {
    const auto auth_no =
        type == "qr" ? seams_.alipay.scan_freeze(text) : seams_.alipay.open_freeze(text);
    if (!auth_no || dice_.chance(100)) {
        --buyers_at_work_;
        return;
    }
    const auto most = dice_.chance(900) ? 60'000 : wanted_[index].expires_in * 1'100;
    later(milliseconds(most), [this, number = *auth_no] {
        static_cast<void>(seams_.alipay.agree_to_freeze(number));
        --buyers_at_work_;
    });
}

void Coordinator::learn(const Json& preauth) {
    const std::string number = preauth.value("out_auth_no", "");
    const auto known = by_number_.find(number);
    if (known == by_number_.end()) {
        return seams_.on_violation("about a pre-authorisation that nobody wanted: " + number);
    }
    WantedFreeze& wanted = wanted_[known->second];
    const auto version = preauth.value("version", std::int64_t{0});
    const std::string status = preauth.value("status", "");
    const std::string name = number + " version " + std::to_string(version);
    const auto amount = preauth.value("amount", std::int64_t{0});
    const bool is_empty_cancel = amount == 0 && status == "cancelled" && wanted.cancel_asked;
    if (amount != wanted.amount.fen() && !is_empty_cancel) {
        seams_.on_violation(name + " has another amount than was asked for");
    }
    check_status(wanted, status);
    const bool was_over = is_final(wanted.status_seen);
    const bool newer = version > wanted.version_seen;
    if (version == wanted.version_seen ? status != wanted.status_seen
        : newer                        ? was_over
                                       : is_final(status)) {
        seams_.on_violation(name + " is " + status + ", version " +
                            std::to_string(wanted.version_seen) + " was " + wanted.status_seen);
    }
    if (!newer) return;
    wanted.version_seen = version;
    wanted.status_seen = status;
}

// What is called taken is taken, and of what is called let go nothing is frozen any more.
void Coordinator::check_status(const WantedFreeze& wanted, const std::string& status) {
    const auto* auth = seams_.alipay.auth(wanted.number);
    const std::int64_t paid = auth == nullptr ? 0 : auth->paid.fen();
    const std::int64_t rest = auth == nullptr ? 0 : rest_of(*auth).fen();
    if (status == "confirmed" && (paid != wanted.capture.fen() || rest != 0)) {
        seams_.on_violation(wanted.number + " is called confirmed, and Alipay has not paid it");
    }
    if ((status == "cancelled" || status == "failed") && (paid != 0 || rest != 0)) {
        seams_.on_violation(wanted.number + " is called " + status + ", and its money is not free");
    }
    if (status == "frozen" && (auth == nullptr || auth->frozen != wanted.amount)) {
        seams_.on_violation(wanted.number + " is called frozen, and nothing was");
    }
}

}  // namespace tollgate::simulation
