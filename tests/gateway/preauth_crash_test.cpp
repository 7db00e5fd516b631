// Try, confirm and cancel by a process that dies at any step, and a coordinator that asks again
// until it hears that what it wished is done.
#include <gtest/gtest.h>

#include "gateway/preauth_calls.h"
#include "gateway/preauth_steps.h"
#include "gateway/preauth_unit.h"
#include "tests/gateway/alipay_world.h"
#include "tests/gateway/little_fund.h"
#include "tests/ledger/ledger_world.h"

namespace tollgate {
namespace {

using gateway::DuePreauth;
using gateway::PreauthCall;
using gateway::PreauthOutcome;
using ledger::Books;
using ledger::Preauthorisation;
using ledger::PreauthStatus;
using testing::AlipayWorld;
using testing::LedgerWorld;
using Loss = testing::LittleFund::Loss;

enum class Ending { confirm, cancel };

struct Dies {};

// The units of work and the calls of one pre-authorisation, in the order of the real threads, with
// a place to die in before each of them.
class DyingGateway {
    // Commits one unit of work.
    template <typename Work>
    auto run(Work work) {
        auto outcome = ledger.run(std::move(work));
        EXPECT_TRUE(outcome) << outcome.error().message();
        return *std::move(outcome);
    }

public:
    DyingGateway(std::string product, int dies_at)
        : product_(std::move(product)), dies_at_(dies_at) {}

    // Until nothing is left to do at this moment.
    void attempt() {
        ++tries_;
        touch();
        const auto lease = now() + std::chrono::seconds(20);
        const auto begun = run([&](Books& books) {
            return gateway::begin_try(books, wanted(), true, context(), lease);
        });
        if (begun.kind != PreauthOutcome::Kind::begun) return;
        const auto body = gateway::read_preauth_request(request(), problems_);
        const bool is_first = begun.preauth.id == wanted().id;
        DuePreauth due{.preauth = begun.preauth,
                       .app = app(),
                       .call = is_first ? PreauthCall::freeze : PreauthCall::freeze_again};
        touch();
        carry_out(due, alipay.call(product_ == "qr" ? "alipay.fund.auth.order.voucher.create"
                                                    : "alipay.fund.auth.order.freeze",
                                   gateway::freeze_biz_content(body, "2088000000000001")));
    }
    void end(Ending ending) {
        touch();
        const gateway::PreauthWish wish{.app = "shop", .out_auth_no = "A1", .amount = {}};
        run([&](Books& books) {
            return ending == Ending::confirm ? gateway::begin_confirm(books, wish, context())
                                             : gateway::begin_cancel(books, wish, context());
        });
        see_to_what_is_due();
    }
    void see_to_what_is_due() {
        for (int i = 0; i < 20; ++i) {
            touch();
            const auto due = run([&](Books& books) {
                return gateway::claim_due_preauths(books,
                                                   {.apps = *alipay.apps,
                                                    .now = now(),
                                                    .lease_until = now() + std::chrono::seconds(20),
                                                    .limit = 10});
            });
            if (due.empty()) return;
            for (const DuePreauth& one : due) make_call(one);
        }
    }
    // As after a crash: the same file, and a process that no longer dies.
    void restart() {
        ledger.reopen();
        dies_at_ = 0;
    }
    void pass(std::chrono::milliseconds time) { ledger.clock.pass(time); }

    Preauthorisation one() {
        auto reading = ledger.store->read();
        return **(*reading)->preauths().one("shop", "A1");
    }
    bool waits_for_a_code() {
        return product_ == "qr" && one().status == PreauthStatus::trying && !one().action;
    }
    std::int64_t count(const std::string& sql) {
        auto db = Database::open(ledger.folder.file("ledger.db"), Database::Mode::read_only);
        auto select = db->prepare(sql.c_str());
        EXPECT_TRUE(select->step());
        return select->integer(0);
    }

    LedgerWorld ledger;
    AlipayWorld alipay;
    testing::LittleFund fund{alipay.alipay, ledger.clock};

private:
    void touch() {
        if (++touches_ == dies_at_) throw Dies();
    }
    Timestamp now() { return ledger.clock.now(); }
    callbacks::AppRef app() { return alipay.apps->find("shop"); }
    std::string request() const {
        nlohmann::json body{{"app", "shop"},
                            {"out_auth_no", "A1"},
                            {"product", product_},
                            {"amount", 1'000},
                            {"subject", "A room"}};
        if (product_ == "barcode") body["auth_code"] = "280000000000000001";
        return body.dump();
    }
    // A request's own wish: each has another id.
    Preauthorisation wanted() {
        const auto read = gateway::read_preauth_request(request(), problems_);
        Preauthorisation wanted;
        wanted.id = "pre_" + std::to_string(tries_);
        wanted.app = read.app;
        wanted.out_auth_no = read.out_auth_no;
        wanted.seller_id = "2088000000000001";
        wanted.product = read.product;
        wanted.amount = read.amount;
        wanted.subject = read.subject;
        wanted.fingerprint = read.fingerprint;
        wanted.created_at = now();
        wanted.expires_at = now() + std::chrono::minutes(15);
        return wanted;
    }
    gateway::StepContext context() {
        return {.app = app(),
                .origin = ledger.origin,
                .time = {.now = now(), .trusted = true},
                .entropy = ledger.entropy,
                .dice = dice_};
    }
    void make_call(const DuePreauth& due) {
        touch();
        const auto call = gateway::preauth_call(due, "ask");
        carry_out(due, alipay.call(call.method, call.biz_content));
    }
    void carry_out(const DuePreauth& due, const Result<gateway::AlipayAnswer>& answer) {
        touch();
        const auto finding = gateway::read_preauth_answer(due.call, answer);
        run([&](Books& books) { return gateway::apply_preauth(books, due, finding, context()); });
    }

    const std::string product_;
    int dies_at_;
    int touches_ = 0;
    int tries_ = 0;
    std::vector<config::Problem> problems_;
    SeededRandom dice_{1};
};

// The coordinator: a try, then its end, each asked again until it is over. True: nobody died.
bool drive(DyingGateway& world, Ending ending) {
    bool survived = true;
    const auto surely = [&](const std::function<void()>& step) {
        try {
            step();
        } catch (const Dies&) {
            survived = false;
            world.restart();
            world.pass(std::chrono::minutes(1));
            step();
        }
    };
    surely([&] { world.attempt(); });
    // Whoever has got no code to show tries once more.
    for (int i = 0; i < 10 && world.waits_for_a_code(); ++i) surely([&] { world.attempt(); });
    if (world.fund.order() == "INIT") world.fund.agree();
    const PreauthStatus wished =
        ending == Ending::confirm ? PreauthStatus::confirmed : PreauthStatus::cancelled;
    for (int i = 0; i < 60 && world.one().status != wished; ++i) {
        surely([&] { world.end(ending); });
        world.pass(std::chrono::minutes(1));
    }
    return survived;
}

void expect_one_truth(DyingGateway& world, Ending ending, const std::string& where) {
    SCOPED_TRACE(where);
    const bool taken = ending == Ending::confirm;
    EXPECT_EQ(name_of(world.one().status), taken ? "confirmed" : "cancelled");
    EXPECT_EQ(world.fund.taken(), taken ? 1'000 : 0);
    EXPECT_EQ(world.fund.captures(), taken ? 1 : 0);
    EXPECT_EQ(world.count("SELECT count(*) FROM payment WHERE status = 'paid'"), taken ? 1 : 0);
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE type IN ('preauthorisation.confirmed',"
                          " 'preauthorisation.cancelled')"),
              1);
    EXPECT_EQ(world.count("SELECT count(*) FROM preauthorisation p WHERE version <> (SELECT"
                          " count(*) FROM preauthorisation_transition WHERE preauthorisation ="
                          " p.id)"),
              0);
    EXPECT_NE(world.fund.order(), "AUTHORIZED") << "the buyer's money is still frozen";
}

constexpr int kLostUntil = 12;  // The network is well again after so many calls.

// Dies at the first touch of the world, at the second, … until a run comes through without dying;
// with every so many of the first calls, or their answers, lost besides.
void die_everywhere(const std::string& product, Ending ending, int losing) {
    bool came_through = false;
    int step = 0;
    while (!came_through) {
        ASSERT_LT(++step, 100);
        DyingGateway world(product, step);
        world.fund.lose_by([losing](int nth) -> std::optional<Loss> {
            if (losing == 0 || nth > kLostUntil || nth % losing != 0) return std::nullopt;
            return nth % 2 == 0 ? Loss::request : Loss::answer;
        });
        came_through = drive(world, ending);
        expect_one_truth(world, ending, "died at touch " + std::to_string(step));
        if (::testing::Test::HasFailure()) return;
    }
    EXPECT_GT(step, 8);
}

TEST(PreauthCrash, EndsRightWhereverItsProcessDies) {
    for (const Ending ending : {Ending::confirm, Ending::cancel}) {
        die_everywhere("qr", ending, 0);
        die_everywhere("qr", ending, 3);
        die_everywhere("qr", ending, 2);
    }
}

// A payment code is good for one call: what never left is let go, what left is found.
TEST(PreauthCrash, OfABarcodeIsCancelledWhereverItsProcessDies) {
    die_everywhere("barcode", Ending::cancel, 0);
    die_everywhere("barcode", Ending::cancel, 3);
}

}  // namespace
}  // namespace tollgate
