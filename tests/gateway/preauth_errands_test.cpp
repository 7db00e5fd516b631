// Freezes, which callers start, beside what the timer carries to its end.
#include <gtest/gtest.h>

#include "gateway/preauth_errands.h"
#include "tests/gateway/alipay_world.h"
#include "tests/ledger/ledger_world.h"

namespace tollgate {
namespace {

using std::chrono::seconds;

// Errands over a real ledger; calls are started and stay under way, as nobody drives them.
class PreauthErrandsWorld : public testing::LedgerWorld {
public:
    gateway::DuePreauth added_preauth(const std::string& number, gateway::PreauthCall call) {
        auto preauth = *run([&](ledger::Books& books) -> Result<ledger::Preauthorisation> {
            ledger::Preauthorisation wanted;
            wanted.id = make_id("pre", clock.now(), entropy);
            wanted.app = "shop";
            wanted.out_auth_no = number;
            wanted.seller_id = "2088000000000001";
            wanted.product = "qr";
            wanted.amount = Money::from_fen(100);
            wanted.subject = "tea";
            wanted.fingerprint = "{}";
            wanted.created_at = clock.now();
            wanted.expires_at = clock.now() + seconds(900);
            wanted.next_sweep_at = clock.now();
            if (call == gateway::PreauthCall::freeze)
                wanted.calling_until = clock.now() + seconds(60);
            TOLLGATE_DO(books.preauths().add(wanted, origin));
            return wanted;
        });
        return {.preauth = std::move(preauth), .app = alipay.apps->find("shop"), .call = call};
    }

    testing::AlipayWorld alipay;
    SeededRandom random{1};
    gateway::ClockWatch clock_watch{log.get()};
    gateway::PreauthErrands errands{*alipay.apps,
                                    seconds(20),
                                    {.writer = *writer,
                                     .alipay = alipay.client,
                                     .clock_watch = clock_watch,
                                     .clock = clock,
                                     .random = random,
                                     .entropy = entropy,
                                     .log = log.get(),
                                     .wake = [] {}}};
};

TEST(PreauthErrands, GoOnHoweverManyFreezesHang) {
    PreauthErrandsWorld world;
    for (int i = 0; i < gateway::RefundErrands::kCallsMax + 1; ++i) {
        auto due = world.added_preauth("F" + std::to_string(i), gateway::PreauthCall::freeze);
        auto call = world.alipay.client.prepare({.app = due.app,
                                                 .method = "alipay.fund.auth.order.voucher.create",
                                                 .biz_content = {{"out_order_no", "F"},
                                                                 {"out_request_no", "F"},
                                                                 {"order_title", "tea"},
                                                                 {"amount", "1.00"},
                                                                 {"product_code", "PRE_AUTH"}},
                                                 .notify_url = "",
                                                 .request_id = "r" + std::to_string(i)});
        ASSERT_TRUE(call) << call.error().message();
        world.errands.start_freeze(std::move(due), *std::move(call), [](const auto&) {});
    }
    const auto hanging = world.alipay.http.in_flight();
    const auto due = world.added_preauth("C", gateway::PreauthCall::freeze_query);
    world.errands.hurry(due.preauth.row, [](const auto&) {});
    world.errands.run_ready(10);
    ASSERT_TRUE(world.writer->run_once());
    world.errands.run_ready(10);
    EXPECT_EQ(world.alipay.http.in_flight(), hanging + 1);
    world.alipay.http.cancel_all();
    ASSERT_TRUE(world.writer->run_once());
}

}  // namespace
}  // namespace tollgate
