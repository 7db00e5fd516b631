// Makes what a measurement of the callbacks needs, before it: a ledger of payments that wait to be
// paid, and the notifications that pay them, each with its own notify_id and rightly signed.
// Usage: make_load LEDGER_FILE ALIPAY_PRIVATE_KEY_FILE COUNT >notifications
#include <atomic>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "base/check.h"
#include "base/id.h"
#include "base/random.h"
#include "base/time_text.h"
#include "ledger/sqlite_store.h"
#include "ledger/writer.h"
#include "signing/content.h"
#include "signing/entropy.h"
#include "signing/fields.h"
#include "signing/form.h"
#include "signing/private_key.h"
#include "tests/support/fakes.h"

namespace tollgate::bench {
namespace {

constexpr int kPaymentsAUnit = 1'000;
constexpr std::chrono::hours kLater{24};
constexpr const char* kSeller = "2088000000000001";

std::string number_of(int i) {
    std::string digits = std::to_string(i);
    return "B" + std::string(8 - digits.size(), '0') + digits;
}

ledger::Payment pending_payment(int i, Timestamp now, Entropy& entropy) {
    return {.id = make_id("pay", now, entropy),
            .app = "shop",
            .out_trade_no = number_of(i),
            .seller_id = kSeller,
            .product = "page",
            .amount = Money::from_fen(1'000),
            .subject = "A bookmark",
            .created_at = now,
            .updated_at = now,
            .expires_at = now + kLater,
            .next_sweep_at = now + kLater};
}

void fill(const std::string& file, int count) {
    Entropy& entropy = signing::openssl_entropy();
    testing::TestLog log(system_clock());
    auto store = *ledger::open_sqlite_store({.file = file}, system_clock());
    ledger::Writer writer(*store->write_connection(), ledger::Writer::Options{}, log.get());
    // About what the action of a page payment takes.
    const ledger::PaymentRequest request{
        .fingerprint = R"({"amount":"10.00","app":"shop","product":"page","subject":"A bookmark"})",
        .action = R"({"type":"redirect","url":"https://pay.example/)" + std::string(1'000, 'a') +
                  R"("})"};
    std::atomic<bool> ended = false;
    std::thread work([&] {
        while (!ended) {
            if (writer.wait(std::chrono::milliseconds(100))) TOLLGATE_CHECK(writer.run_once());
        }
    });
    for (int first = 0; first < count; first += kPaymentsAUnit) {
        TOLLGATE_CHECK(writer.transact([&](ledger::Books& books) -> Result<Done> {
            for (int i = first; i < std::min(count, first + kPaymentsAUnit); ++i) {
                auto payment = pending_payment(i, system_clock().now(), entropy);
                TOLLGATE_DO(books.add_payment(payment, request,
                                              {.cause = ledger::Cause::api,
                                               .cause_id = "orders",
                                               .request_id = "req_" + number_of(i)}));
            }
            return Done{};
        }));
    }
    ended = true;
    writer.wake();
    work.join();
    TOLLGATE_CHECK(store->checkpoint());
}

// As large as Alipay's own.
signing::Fields notification(int i, Entropy& entropy) {
    const Timestamp now = system_clock().now();
    const std::string at = to_beijing(now);
    const std::string number = number_of(i);
    return {{"gmt_create", at},
            {"charset", "utf-8"},
            {"gmt_payment", at},
            {"notify_time", at},
            {"subject", "A bookmark"},
            {"buyer_id", "2088000000000102"},
            {"buyer_logon_id", "bu***@example.com"},
            {"invoice_amount", "10.00"},
            {"version", "1.0"},
            {"notify_id", make_id("notify", now, entropy)},
            {"fund_bill_list", R"([{"amount":"10.00","fundChannel":"ALIPAYACCOUNT"}])"},
            {"notify_type", "trade_status_sync"},
            {"out_trade_no", number},
            {"total_amount", "10.00"},
            {"trade_status", "TRADE_SUCCESS"},
            {"trade_no", "2026112622001400" + number},
            {"auth_app_id", "2021000000000001"},
            {"receipt_amount", "10.00"},
            {"point_amount", "0.00"},
            {"buyer_pay_amount", "10.00"},
            {"app_id", "2021000000000001"},
            {"seller_id", kSeller},
            {"seller_email", "shop@example.com"},
            {"body", "One bookmark of red paper, for a book that is read in the evening"},
            {"passback_params", "shelf%3D12%26counter%3D3%26campaign%3Dautumn"},
            {"sign_type", "RSA2"}};
}

std::string read(const char* file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

void print_notifications(const signing::PrivateKey& key, int count) {
    std::vector<std::string> bodies(static_cast<std::size_t>(count));
    std::vector<std::thread> makers;
    const auto parts = std::max(1U, std::thread::hardware_concurrency());
    for (unsigned part = 0; part < parts; ++part) {
        makers.emplace_back([&, part] {
            Entropy& entropy = signing::openssl_entropy();
            for (std::size_t i = part; i < bodies.size(); i += parts) {
                auto fields = notification(static_cast<int>(i), entropy);
                fields.emplace_back("sign", *key.sign(signing::notification_content(fields),
                                                      signing::SignType::rsa2));
                bodies[i] = signing::encode_form(fields);
            }
        });
    }
    for (auto& maker : makers) maker.join();
    for (const std::string& body : bodies) std::cout << body << '\n';
}

}  // namespace
}  // namespace tollgate::bench

int main(int argc, char** argv) {
    TOLLGATE_CHECK(argc == 4);
    const int count = std::stoi(argv[3]);
    const auto key = tollgate::signing::PrivateKey::parse(tollgate::bench::read(argv[2]));
    TOLLGATE_CHECK(key);
    tollgate::bench::fill(argv[1], count);
    tollgate::bench::print_notifications(*key, count);
    return 0;
}
