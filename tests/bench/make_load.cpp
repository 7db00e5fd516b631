// Makes what a measurement of the callbacks needs, before it: a ledger of payments that wait to be
// paid, and the notifications that pay them, each with its own notify_id and rightly signed.
// Usage: make_load LEDGER_FILE ALIPAY_PRIVATE_KEY_FILE COUNT [HISTORY] >notifications
// With HISTORY, so many payments of the year before stand there as well, each paid, with the
// notification that said so.
#include <array>
#include <atomic>
#include <fstream>
#include <functional>
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
constexpr int kPaymentsACheckpoint = 20'000;
constexpr std::chrono::hours kLater{24};
constexpr std::chrono::hours kYear{24 * 365};
constexpr int kNotifyIdBytes = 16;
constexpr const char* kSeller = "2088000000000001";

std::string number_of(int i, char kind = 'B') {
    std::string digits = std::to_string(i);
    return kind + std::string(8 - digits.size(), '0') + digits;
}

// As Alipay's: nothing about it tells where in an index it belongs.
std::string random_notify_id(Entropy& entropy) {
    std::array<std::uint8_t, kNotifyIdBytes> bytes;
    entropy.fill(bytes);
    std::string id;
    for (const std::uint8_t byte : bytes) {
        id += "0123456789abcdef"[byte >> 4U];
        id += "0123456789abcdef"[byte & 15U];
    }
    return id;
}

ledger::Payment pending_payment(std::string number, Timestamp now, Entropy& entropy) {
    return {.id = make_id("pay", now, entropy),
            .app = "shop",
            .out_trade_no = std::move(number),
            .seller_id = kSeller,
            .product = "page",
            .amount = Money::from_fen(1'000),
            .subject = "A bookmark",
            .created_at = now,
            .updated_at = now,
            .expires_at = now + kLater,
            .next_sweep_at = now + kLater};
}

// Adds what pays it, as the notification's inbox does, but the event: that has long been delivered.
Result<Done> settle(ledger::Books& books, ledger::Payment& payment, Timestamp at,
                    const std::string& body, Entropy& entropy) {
    const std::string notify_id = random_notify_id(entropy);
    const std::string trade_no = "2026112622001400" + payment.out_trade_no;
    TOLLGATE_TRY(const auto row,
                 books.add_notification(
                     {.app = payment.app,
                      .notify_id = notify_id,
                      .payment = payment.row,
                      .kind = "trade_status_sync",
                      .out_trade_no = payment.out_trade_no,
                      .trade_no = trade_no,
                      .trade_status = "TRADE_SUCCESS",
                      .verdict = ledger::Verdict::accepted,
                      .received_at = at,
                      .headers = R"({"remote_address":"110.75.225.1","host":"pay.example.com"})",
                      .body = body}));
    static_cast<void>(row);
    return books.change_payment(
        payment, {.to = ledger::PaymentStatus::paid, .trade_no = trade_no, .paid_at = at},
        {.cause = ledger::Cause::notification,
         .cause_id = notify_id,
         .request_id = make_id("req", at, entropy)},
        at);
}

class Ledger {
public:
    explicit Ledger(const std::string& file)
        : log_(system_clock()),
          store_(*ledger::open_sqlite_store({.file = file}, system_clock())),
          writer_(*store_->write_connection(), ledger::Writer::Options{}, log_.get()),
          work_([this] {
              while (!ended_) {
                  if (!writer_.wait(std::chrono::milliseconds(100))) continue;
                  TOLLGATE_CHECK(writer_.run_once());
              }
          }) {}
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;
    ~Ledger() {
        ended_ = true;
        writer_.wake();
        work_.join();
        TOLLGATE_CHECK(store_->checkpoint());
    }

    // Calls `one` for each number below `count`, many a unit.
    void add(int count, const std::function<Result<Done>(ledger::Books&, int)>& one) {
        for (int first = 0; first < count; first += kPaymentsAUnit) {
            TOLLGATE_CHECK(writer_.transact([&](ledger::Books& books) -> Result<Done> {
                for (int i = first; i < std::min(count, first + kPaymentsAUnit); ++i) {
                    TOLLGATE_DO(one(books, i));
                }
                return Done{};
            }));
            if (first % kPaymentsACheckpoint == 0) TOLLGATE_CHECK(store_->checkpoint());
        }
    }

private:
    testing::TestLog log_;
    std::unique_ptr<ledger::Store> store_;
    ledger::Writer writer_;
    std::atomic<bool> ended_ = false;
    std::thread work_;
};

Result<Done> add_pending(ledger::Books& books, ledger::Payment& payment) {
    // About what the action of a page payment takes.
    const ledger::PaymentRequest request{
        .fingerprint = R"({"amount":"10.00","app":"shop","product":"page","subject":"A bookmark"})",
        .action = R"({"type":"redirect","url":"https://pay.example/)" + std::string(1'000, 'a') +
                  R"("})"};
    return books.add_payment(payment, request,
                             {.cause = ledger::Cause::api,
                              .cause_id = "orders",
                              .request_id = "req_" + payment.out_trade_no});
}

void fill(const std::string& file, int count, int history, const std::string& body) {
    Entropy& entropy = signing::openssl_entropy();
    const Timestamp now = system_clock().now();
    Ledger ledger(file);
    ledger.add(history, [&](ledger::Books& books, int i) -> Result<Done> {
        const Timestamp at = now + -(std::chrono::milliseconds(kYear) / history) * (history - i);
        auto payment = pending_payment(number_of(i, 'H'), at, entropy);
        TOLLGATE_DO(add_pending(books, payment));
        return settle(books, payment, at, body, entropy);
    });
    ledger.add(count, [&](ledger::Books& books, int i) {
        auto payment = pending_payment(number_of(i), now, entropy);
        return add_pending(books, payment);
    });
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
            {"notify_id", random_notify_id(entropy)},
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

std::string signed_notification(const signing::PrivateKey& key, int i) {
    auto fields = notification(i, signing::openssl_entropy());
    fields.emplace_back("sign",
                        *key.sign(signing::notification_content(fields), signing::SignType::rsa2));
    return signing::encode_form(fields);
}

void print_notifications(const signing::PrivateKey& key, int count) {
    std::vector<std::string> bodies(static_cast<std::size_t>(count));
    std::vector<std::thread> makers;
    const auto parts = std::max(1U, std::thread::hardware_concurrency());
    for (unsigned part = 0; part < parts; ++part) {
        makers.emplace_back([&, part] {
            for (std::size_t i = part; i < bodies.size(); i += parts) {
                bodies[i] = signed_notification(key, static_cast<int>(i));
            }
        });
    }
    for (auto& maker : makers) maker.join();
    for (const std::string& body : bodies) std::cout << body << '\n';
}

}  // namespace
}  // namespace tollgate::bench

int main(int argc, char** argv) {
    TOLLGATE_CHECK(argc == 4 || argc == 5);
    const int count = std::stoi(argv[3]);
    const int history = argc == 5 ? std::stoi(argv[4]) : 0;
    const auto key = tollgate::signing::PrivateKey::parse(tollgate::bench::read(argv[2]));
    TOLLGATE_CHECK(key);
    tollgate::bench::fill(argv[1], count, history, tollgate::bench::signed_notification(*key, 0));
    tollgate::bench::print_notifications(*key, count);
    return 0;
}
