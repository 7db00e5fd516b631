// The daily comparison from Alipay's link to the ledger: loopback HTTP, real signatures, a hand
// clock.
#include "gateway/reconcile/daily.h"

#include <fstream>
#include <mutex>
#include <span>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/reconcile/day_run.h"
#include "signing/form.h"
#include "tests/gateway/gateway_world.h"
#include "tests/reconcile/reconcile_world.h"

namespace tollgate::gateway::reconcile {
namespace {

using nlohmann::json;
using testing::BillMaker;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::LocalServer;
using testing::ReconcileWorld;
using testing::ScriptedAlipay;
using testing::test_keys;
using transport::ServerRequest;
using transport::ServerResponse;
using transport::Ticket;

// Hands out the bills that a test has put there.
class BillCounter {
public:
    BillCounter() {
        transport::Router router;
        router.add("POST", "/gateway.do", [this](ServerRequest& request, Ticket ticket) {
            ticket.complete(link(request));
        });
        router.add("GET", "/bill", [this](ServerRequest&, Ticket ticket) {
            const std::lock_guard lock(mutex_);
            ++downloads_;
            ticket.complete({.status = status,
                             .content_type = "application/zip",
                             .body = status == 200 ? zip_ : "no"});
        });
        server_ = std::make_unique<LocalServer>(std::move(router));
    }

    std::string gateway_url() const { return server_->url() + "/gateway.do"; }
    std::string bill_url() const { return server_->url() + "/bill"; }
    void put(const std::string& file) {
        std::ifstream input(file, std::ios::binary);
        const std::lock_guard lock(mutex_);
        zip_.assign(std::istreambuf_iterator<char>(input), {});
    }
    int downloads() {
        const std::lock_guard lock(mutex_);
        return downloads_;
    }
    std::vector<std::string> asked() {
        const std::lock_guard lock(mutex_);
        return asked_;
    }

    std::string url_to_give;  // Empty: the right one.
    std::string refusal;      // A sub_code; empty: none.
    bool has_fund_bill = false;
    std::string fund_refusal = "isv.NO_BILL_DATA";
    int status = 200;

private:
    ServerResponse link(ServerRequest& request) {
        constexpr const char* kMethod = "alipay.data.dataservice.bill.downloadurl.query";
        const auto form = signing::decode_form(request.body);
        const auto biz = json::parse(signing::find(*form, "biz_content").value_or("{}"));
        const std::string type = biz["bill_type"];
        const std::lock_guard lock(mutex_);
        asked_.push_back(type + " " + biz["bill_date"].get<std::string>());
        std::string sub_code = refusal;
        if (sub_code.empty() && type == "signcustomer" && !has_fund_bill) {
            sub_code = fund_refusal;
        }
        if (!sub_code.empty()) {
            return ScriptedAlipay::answer(
                kMethod, {{"code", "40004"}, {"msg", "Business Failed"}, {"sub_code", sub_code}});
        }
        return ScriptedAlipay::answer(
            kMethod, {{"code", "10000"},
                      {"msg", "Success"},
                      {"bill_download_url", url_to_give.empty() ? bill_url() : url_to_give}});
    }

    std::mutex mutex_;
    std::string zip_;
    int downloads_ = 0;
    std::vector<std::string> asked_;
    std::unique_ptr<LocalServer> server_;
};

class Daily : public ::testing::Test {
protected:
    Daily() {
        config::AppSettings app{.id = "shop",
                                .app_id = "2021000000000001",
                                .seller_ids = {"2088000000000001"},
                                .gateway_url = counter.gateway_url(),
                                .private_key = test_keys().app.to_pkcs8_pem()};
        app.alipay_public_keys = {test_keys().alipay.public_half().to_spki_pem()};
        std::vector<config::Problem> problems;
        auto read = callbacks::Apps::from(std::span(&app, 1), problems);
        EXPECT_TRUE(read) << config::to_text(problems);
        apps = std::make_unique<callbacks::Apps>(*std::move(read));
    }

    Result<Report> run_day(const BeijingDay& day, bool wait_for_fund_bill = false) {
        Reconciler reconciler({.store = *ledger.world.store,
                               .transact =
                                   [this](const auto& work) {
                                       return ledger.world.run(
                                           [&](ledger::Books& books) { return work(books); });
                                   },
                               .clock = ledger.world.clock,
                               .entropy = ledger.world.entropy,
                               .log = ledger.world.log.get()});
        AlipayClient alipay({}, http, system_clock(), ledger.world.entropy, ledger.world.log.get());
        BillSource source(
            {.alipay = alipay, .http = http, .log = ledger.world.log.get(), .turn = [this] {
                 http.run_once(std::chrono::milliseconds(50));
             }});
        DayRun run(*apps, *ledger.world.store, source, reconciler, ledger.world.clock,
                   ledger.world.log.get());
        return run.run({.seller = ledger.seller,
                        .day = day,
                        .folder = ledger.world.folder.file(""),
                        .wait_for_fund_bill = wait_for_fund_bill,
                        .request_id = "req_1"});
    }

    DailyReconciliation daily() {
        return {{ledger.seller},
                *ledger.world.store,
                ledger.world.clock,
                ledger.world.log.get(),
                [this](const Seller&, const BeijingDay& day) -> Result<Done> {
                    TOLLGATE_DO(run_day(day));
                    return Done{};
                }};
    }

    void bill_of_the_10th() {
        ledger.pending("T1");
        BillMaker bill;
        bill.movements = {{.trade_no = "A1", .out_trade_no = "T1"}};
        write_trade_bill(ledger.world.folder.file("made.zip"), bill);
        counter.put(ledger.world.folder.file("made.zip"));
    }

    ReconcileWorld ledger;
    BillCounter counter;
    transport::CurlClient http{transport::CurlClient::Options{}};
    std::unique_ptr<callbacks::Apps> apps;
};

TEST_F(Daily, FetchesComparesAndRepairs) {
    bill_of_the_10th();
    auto service = daily();
    EXPECT_EQ(service.run_once(10), 1);
    EXPECT_EQ(ledger.text("SELECT status FROM payment"), "paid");
    EXPECT_EQ(ledger.text("SELECT status FROM reconciliation"), "complete");
    EXPECT_EQ(counter.asked(),
              (std::vector<std::string>{"trade 2026-11-10", "signcustomer 2026-11-10"}));
    // Done once.
    EXPECT_EQ(service.run_once(10), 0);
    ledger.world.clock.pass(std::chrono::hours(13));
    EXPECT_EQ(service.run_once(10), 0);
}

TEST_F(Daily, TriesAgainUntilTheBillIsThere) {
    bill_of_the_10th();
    counter.refusal = "isp.BILL_NOT_EXIST";
    auto service = daily();
    EXPECT_EQ(service.run_once(10), 1);
    EXPECT_EQ(service.run_once(10), 0);  // Its time has not come.
    EXPECT_EQ(ledger.text("SELECT count(*) FROM reconciliation"), "0");
    ledger.world.clock.pass(std::chrono::minutes(10));
    EXPECT_EQ(service.run_once(10), 1);
    counter.refusal = "";
    ledger.world.clock.pass(std::chrono::minutes(19));
    EXPECT_EQ(service.run_once(10), 0);
    ledger.world.clock.pass(std::chrono::minutes(1));
    EXPECT_EQ(service.run_once(10), 1);
    EXPECT_EQ(ledger.text("SELECT status FROM payment"), "paid");
}

// What came after the backup is known to the bills alone, however long ago that was.
TEST_F(Daily, OfAGuardedLedgerComparesEveryDaySinceItsBackup) {
    ledger.world.clock.pass(std::chrono::hours(24 * 10));  // Ten in the morning, 11-21.
    counter.refusal = "NO_BILL_DATA";
    // There is no payment, so nothing to compare …
    EXPECT_EQ(daily().run_once(100), 0);
    // … unless it has been forgotten.
    ASSERT_TRUE(ledger.world.run([](ledger::Books& books) {
        return books.guard().begin(ReconcileWorld::at("2026-11-10 12:00:00"));
    }));
    EXPECT_EQ(daily().run_once(100), 11);
    // Yesterday's bill may still come; the days before it had no money.
    EXPECT_EQ(ledger.text("SELECT min(bill_date) || ' ' || max(bill_date) FROM reconciliation"
                          " WHERE status = 'complete'"),
              "2026-11-10 2026-11-19");
}

TEST_F(Daily, MakesUpForDaysThatItMissed) {
    ledger.pending("T1");
    ledger.world.clock.pass(std::chrono::hours(72));
    counter.refusal = "NO_BILL_DATA";
    auto service = daily();
    // The 10th to the 13th; nothing before the first payment.
    EXPECT_EQ(service.run_once(10), 4);
    // The oldest first: what stood near midnight is settled on the way.
    const auto asked = counter.asked();
    EXPECT_EQ(asked.front(), "trade 2026-11-10");
    EXPECT_EQ(asked.back(), "trade 2026-11-13");
    // Days whose bill will not come any more, and of which we know nothing either, are done: all
    // but the 13th, whose next day is not over.
    EXPECT_EQ(ledger.text("SELECT count(*) FROM reconciliation WHERE status = 'complete'"), "3");
}

TEST_F(Daily, ADayWithOurPaymentsIsNeverEmpty) {
    ledger.paid("T1", "A1");
    ledger.world.clock.pass(std::chrono::hours(72));
    counter.refusal = "NO_BILL_DATA";
    const auto report = run_day(ReconcileWorld::day("2026-11-10"));
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().reason(), kBillMissing);
    EXPECT_EQ(ledger.text("SELECT count(*) FROM difference"), "0");
    EXPECT_EQ(ledger.text("SELECT status FROM reconciliation"), "failed");
    EXPECT_THAT(ledger.text("SELECT failure FROM reconciliation"), HasSubstr("no trade bill"));
}

TEST_F(Daily, TakesTheFundBillWhenItCanBeHad) {
    bill_of_the_10th();
    EXPECT_EQ(run_day(ReconcileWorld::day("2026-11-10"), true).error().reason(), kBillNotReady);
    const auto without = run_day(ReconcileWorld::day("2026-11-10"), false);
    ASSERT_TRUE(without) << without.error().message();
    EXPECT_FALSE(without->has_fund_bill);
}

// Or the day would be complete, and its fees and income never compared.
TEST_F(Daily, DoesNotGoOnWithoutAFundBillThatCouldNotBeFetched) {
    bill_of_the_10th();
    counter.fund_refusal = "isp.USER_RATE_LIMIT";
    const auto trouble = run_day(ReconcileWorld::day("2026-11-10"), false);
    ASSERT_FALSE(trouble);
    EXPECT_EQ(trouble.error().code(), ErrorCode::unavailable);
    EXPECT_EQ(ledger.text("SELECT count(*) FROM reconciliation"), "0");
    counter.fund_refusal = "isv.NO_BILL_DATA";
    EXPECT_TRUE(run_day(ReconcileWorld::day("2026-11-10"), false));
}

// What no notification told of is found by the trade bill, which must not wait for ever.
TEST_F(Daily, GoesOnWithoutAFundBillThatCouldNotBeFetchedForADay) {
    bill_of_the_10th();
    counter.fund_refusal = "isp.USER_RATE_LIMIT";
    ledger.world.clock.pass(std::chrono::hours(48));
    const auto report = run_day(ReconcileWorld::day("2026-11-10"), false);
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_FALSE(report->has_fund_bill);
}

// The merchants are listed at the start; what an app does with late money can be changed since.
TEST_F(Daily, FollowsTheRulesOfTheAppAsItIsNow) {
    ledger.seller.apps.front().rules.late = config::LatePolicy::refund;
    auto closed = ledger.pending("T1");
    ledger.move(closed, ledger::PaymentStatus::closed);
    BillMaker bill;
    bill.movements = {{.trade_no = "A1", .out_trade_no = "T1"}};
    write_trade_bill(ledger.world.folder.file("made.zip"), bill);
    counter.put(ledger.world.folder.file("made.zip"));
    ASSERT_TRUE(run_day(ReconcileWorld::day("2026-11-10")));
    EXPECT_EQ(ledger.text("SELECT count(*) FROM refund"), "0");
    EXPECT_EQ(ledger.text("SELECT held FROM payment"), "1");
}

TEST_F(Daily, FollowsNoLinkThatLeadsElsewhere) {
    bill_of_the_10th();
    counter.url_to_give = "http://127.0.0.1:1/bill";
    const auto report = run_day(ReconcileWorld::day("2026-11-10"));
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().reason(), kBillRefused);
    EXPECT_EQ(counter.downloads(), 0);
}

TEST_F(Daily, TakesAPageForNoBill) {
    bill_of_the_10th();
    testing::write_text(ledger.world.folder.file("page"), "<html>expired</html>");
    counter.put(ledger.world.folder.file("page"));
    EXPECT_THAT(run_day(ReconcileWorld::day("2026-11-10")).error().message(), HasSubstr("no bill"));
    counter.status = 403;
    EXPECT_THAT(run_day(ReconcileWorld::day("2026-11-10")).error().message(),
                HasSubstr("HTTP 403"));
    EXPECT_EQ(ledger.text("SELECT count(*) FROM reconciliation"), "0");
}

TEST(BillAddress, IsOverHttpsOrTheGatewaysOwn) {
    const std::string gateway = "http://127.0.0.1:8610/gateway.do";
    const auto address = [&](const char* link) { return bill_address(link, gateway).value_or(""); };
    EXPECT_EQ(address("http://dwbillcenter.alipay.com/down?x=1"),
              "https://dwbillcenter.alipay.com/down?x=1");
    EXPECT_EQ(address("https://anything.example/down"), "https://anything.example/down");
    EXPECT_EQ(address("http://127.0.0.1:8610/downloadBillFile.resource?x"),
              "http://127.0.0.1:8610/downloadBillFile.resource?x");
    for (const char* const link :
         {"http://127.0.0.1:86100/x", "http://127.0.0.1:8610@evil.example/x",
          "http://dwbillcenter.alipay.com.evil.example/x", "http://evil.example/",
          "http://dwbillcenter.alipay.com:8080/x", "file:///etc/passwd", ""}) {
        EXPECT_EQ(address(link), "") << link;
    }
}

}  // namespace
}  // namespace tollgate::gateway::reconcile
