#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "callbacks/deliverer.h"
#include "callbacks/http_carrier.h"
#include "tests/ledger/ledger_world.h"

namespace tollgate::testing {

// A network whose far side is a function: it answers, or not, after a while on the hand clock.
class ScriptedNetwork final : public transport::HttpClient {
public:
    struct Answer {
        Result<transport::ClientReply> reply = transport::ClientReply{.status = 200};
        std::chrono::milliseconds after{1};
    };
    using Far = std::function<Answer(const transport::ClientRequest&)>;

    explicit ScriptedNetwork(Clock& clock) : clock_(clock) {}

    static Answer status(int code) { return {.reply = transport::ClientReply{.status = code}}; }
    static Answer with_headers(int code, transport::HeaderList headers) {
        return {.reply = transport::ClientReply{.status = code, .headers = std::move(headers)}};
    }
    // Nothing comes back until the caller's patience is over.
    static Answer hangs(const transport::ClientRequest& request) {
        return {.reply = Error(ErrorCode::outcome_unknown, "timed out").because("timed_out"),
                .after = request.total_timeout};
    }

    void start(transport::ClientRequest request, Completion done) override {
        Answer answer = far(request);
        ++in_flight[request.url];
        most_in_flight[request.url] = std::max(most_in_flight[request.url], in_flight[request.url]);
        sent.push_back({.at = clock_.now(), .request = request});
        under_way_.emplace(
            clock_.now().ms + answer.after.count(),
            UnderWay{
                .url = request.url, .reply = std::move(answer.reply), .done = std::move(done)});
    }

    // Ends what is due; true when something was.
    bool end_due() {
        bool moved = false;
        while (!under_way_.empty() && under_way_.begin()->first <= clock_.now().ms) {
            UnderWay ended = std::move(under_way_.extract(under_way_.begin()).mapped());
            --in_flight[ended.url];
            ended.done(std::move(ended.reply));
            moved = true;
        }
        return moved;
    }

    std::optional<Timestamp> next_end() const {
        if (under_way_.empty()) return std::nullopt;
        return Timestamp{under_way_.begin()->first};
    }

    // As when our process dies: nobody is there to hear.
    void forget_all() {
        under_way_.clear();
        in_flight.clear();
    }

    struct Sent {
        Timestamp at;
        transport::ClientRequest request;
        std::string id() const {
            return std::string(*transport::find_header(request.headers, "webhook-id"));
        }
    };

    Far far = [](const transport::ClientRequest&) { return Answer{}; };
    std::vector<Sent> sent;
    std::map<std::string, int> in_flight;
    std::map<std::string, int> most_in_flight;

private:
    struct UnderWay {
        std::string url;
        Result<transport::ClientReply> reply;
        Completion done;
    };

    Clock& clock_;
    std::multimap<std::int64_t, UnderWay> under_way_;
};

// The deliverer over a real ledger, a scripted network and a clock moved by hand.
class DeliveryWorld {
public:
    explicit DeliveryWorld(callbacks::DelivererSettings settings = {}) : settings_(settings) {
        if (settings_.apps.empty()) settings_.apps = {"shop"};
        start_process();
    }

    // An endpoint of the settings, at http://<id>/.
    void add_endpoint(const std::string& id, config::DeliveryRules rules = {},
                      std::vector<std::string> apps = {},
                      std::vector<std::string> event_types = {}) {
        configured_.push_back({.id = id,
                               .plan = {.url = "http://" + id + "/",
                                        .apps = std::move(apps),
                                        .event_types = std::move(event_types),
                                        .rules = config::to_json(rules).dump()}});
        configure();
    }

    // Writes an event, as a notification's unit would.
    std::string write_event(std::optional<ledger::RowId> payment = std::nullopt) {
        const std::string id = "evt_" + std::to_string(++events_);
        EXPECT_TRUE(ledger.run([&](ledger::Books& books) {
            return books.add_event({.id = id,
                                    .app = "shop",
                                    .type = "payment.paid",
                                    .payment = payment,
                                    .version = 2,
                                    .payload = "{\"id\":\"" + id + "\"}",
                                    .created_at = ledger.clock.now()});
        }));
        deliverer->hint();
        return id;
    }

    // Lets everything happen that can happen now. `touch` is called between any two steps; false
    // ends it there.
    template <typename Touch>
    bool settle(Touch touch) {
        for (bool moved = true; moved;) {
            woken_ = false;
            wait_ = deliverer->run_once();
            if (!touch()) return false;
            moved = ledger.writer->health().waiting > 0;
            if (moved) {
                EXPECT_TRUE(ledger.writer->run_once());
            }
            if (!touch()) return false;
            moved = network.end_due() || moved || woken_;
            if (!touch()) return false;
        }
        return true;
    }
    void settle() {
        settle([] { return true; });
    }

    // Lets time pass, from one thing that happens to the next.
    template <typename Touch>
    bool run_for(std::chrono::milliseconds time, Touch touch) {
        const Timestamp end = ledger.clock.now() + time;
        if (!settle(touch)) return false;
        while (ledger.clock.now() < end) {
            Timestamp next = std::min(end, ledger.clock.now() + wait_);
            if (const auto ends = network.next_end()) next = std::min(next, *ends);
            ledger.clock.pass(next - ledger.clock.now());
            if (!settle(touch)) return false;
        }
        return true;
    }
    void run_for(std::chrono::milliseconds time) {
        run_for(time, [] { return true; });
    }

    // SIGKILL, and a new process on the same file. What was under way on the network is lost.
    void crash() {
        deliverer.reset();
        network.forget_all();
        ledger.reopen();
        start_process();
        configure();
    }

    std::int64_t count(const std::string& sql) {
        auto db = Database::open(ledger.folder.file("ledger.db"), Database::Mode::read_only);
        auto select = db->prepare(sql);
        EXPECT_TRUE(*select->step());
        return select->integer(0);
    }
    std::int64_t count_deliveries(const std::string& status) {
        return count("SELECT count(*) FROM delivery WHERE status = '" + status + "'");
    }
    ledger::Endpoint endpoint(const std::string& id) {
        auto lease = ledger.store->read();
        return (*lease)->outbox().endpoint(id)->value();
    }

    LedgerWorld ledger;
    ScriptedNetwork network{ledger.clock};
    SeededRandom random{7};
    std::unique_ptr<callbacks::Deliverer> deliverer;

private:
    void start_process() {
        carrier_ = std::make_unique<callbacks::HttpCarrier>(network, ledger.clock, nullptr);
        callbacks::EndpointKeys keys;
        for (const auto& endpoint : configured_) {
            keys[endpoint.id].push_back(
                *signing::WebhookKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
        }
        deliverer = std::make_unique<callbacks::Deliverer>(
            std::move(keys), settings_,
            callbacks::DelivererSeams{.writer = *ledger.writer,
                                      .clock = ledger.clock,
                                      .random = random,
                                      .entropy = ledger.entropy,
                                      .log = ledger.log.get(),
                                      .carrier_of = [this](const ledger::Endpoint&)
                                          -> callbacks::Carrier& { return *carrier_; },
                                      .wake = [this] { woken_ = true; },
                                      .published = nullptr});
        ledger.writer->on_events([this] { deliverer->hint(); });
    }
    // Keys are given at the start of a process: an endpoint more is a process more.
    void configure() {
        EXPECT_TRUE(ledger.run([this](ledger::Books& books) {
            return books.outbox().set_configured_endpoints(configured_, ledger.clock.now());
        }));
        deliverer.reset();
        start_process();
    }

    callbacks::DelivererSettings settings_;
    std::vector<ledger::Outbox::Configured> configured_;
    std::unique_ptr<callbacks::HttpCarrier> carrier_;
    std::chrono::milliseconds wait_{};
    bool woken_ = false;
    int events_ = 0;
};

}  // namespace tollgate::testing
