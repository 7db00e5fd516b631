// A million bill lines against a million payments: from the ZIP to the report, with the peak of the
// process's memory. The ledger and the bill are made by a process of their own, so that their
// making does not count.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zip.h>

#include "base/charset.h"
#include "base/sqlite.h"
#include "base/time_text.h"
#include "gateway/reconcile/reconciler.h"
#include "ledger/sqlite_store.h"
#include "ledger/writer.h"
#include "sandbox/bill_file.h"
#include "sandbox/bill_rows.h"
#include "signing/entropy.h"

namespace {

using namespace tollgate;  // NOLINT(google-build-using-namespace): a small program.
namespace reconcile = gateway::reconcile;

constexpr const char* kSeller = "2088000000000001";
constexpr const char* kDay = "2026-11-10";
// One of each so many is still pending here; one of each so many has a refund.
constexpr int kPendingEach = 10'000;
constexpr int kRefundEach = 20;

bool is_pending(std::int64_t i) {
    return i % kPendingEach == 7;
}
bool has_refund(std::int64_t i) {
    return !is_pending(i) && i % kRefundEach == 3;
}

[[noreturn]] void give_up(const std::string& why) {
    static_cast<void>(std::fprintf(stderr, "reconcile: %s\n", why.c_str()));
    std::exit(1);
}

template <typename T>
T checked(Result<T> result) {
    if (!result) give_up(result.error().message());
    return *std::move(result);
}

std::string digits(std::int64_t number, std::size_t width) {
    std::string text = std::to_string(number);
    text.insert(0, width - std::min(width, text.size()), '0');
    return text;
}

std::string number_of(std::int64_t i) {
    // Not in the order of payment: as random as order numbers are.
    return "SHOP" +
           digits(static_cast<std::int64_t>((static_cast<std::uint64_t>(i) * 2'654'435'761U) %
                                            10'000'000'000U),
                  10) +
           digits(i, 8);
}

std::string trade_of(std::int64_t i) {
    return "20261110220014" + digits(i, 14);
}

std::int64_t paid_ms(std::int64_t i, std::int64_t count) {
    constexpr std::int64_t kMargin = 3'600'000;
    return checked(BeijingDay::parse(kDay)).start().ms + kMargin +
           (86'400'000 - 2 * kMargin) / count * i / 1'000 * 1'000;
}

void make_ledger(const std::string& file, std::int64_t count) {
    checked(ledger::open_sqlite_store({.file = file}, system_clock()));
    auto db = checked(Database::open(file, Database::Mode::read_write));
    checked(db.run("PRAGMA synchronous = OFF; BEGIN"));
    auto insert = checked(db.prepare(
        "INSERT INTO payment (payment_id, app, out_trade_no, seller_id, status, version, product,"
        " amount_fen, subject, order_no, trade_no, created_ms, updated_ms, expires_ms, paid_ms)"
        " VALUES (?1, 'shop', ?2, ?3, ?4, 2, 'page', 1000, 'A bookmark', ?2, ?5, ?6, ?6, ?6, ?7)"));
    auto refund = checked(db.prepare(
        "INSERT INTO refund (refund_id, payment, out_request_no, status, version, amount_fen,"
        " origin, created_ms, updated_ms) VALUES (?1, ?2, ?3, 'succeeded', 1, 100, 'api', ?4,"
        " ?4)"));
    for (std::int64_t i = 0; i < count; ++i) {
        const bool pending = is_pending(i);
        const std::int64_t at = paid_ms(i, count);
        const std::string id = "pay_" + digits(i, 26);
        const std::string number = number_of(i);
        const std::string trade_no = trade_of(i);
        insert.again().bind(1, id).bind(2, number).bind(3, kSeller);
        insert.bind(4, pending ? "pending" : "paid");
        if (!pending) insert.bind(5, trade_no).bind(7, at);
        insert.bind(6, at - 60'000);
        checked(insert.run());
        if (!has_refund(i)) continue;
        const std::string refund_id = "ref_" + digits(i, 26);
        const std::string request_no = "R" + digits(i, 12);
        refund.again().bind(1, refund_id).bind(2, db.last_row()).bind(3, request_no).bind(4, at);
        checked(refund.run());
    }
    checked(db.run("COMMIT"));
}

sandbox::Movement movement_of(std::int64_t i, std::int64_t count, bool is_refund) {
    sandbox::Movement movement;
    movement.is_refund = is_refund;
    movement.trade_no = trade_of(i);
    movement.out_trade_no = number_of(i);
    if (is_refund) movement.out_request_no = "R" + digits(i, 12);
    movement.subject = "一枚很好看的书签";
    movement.buyer_logon_id = "b***@example.com";
    movement.created_at = {paid_ms(i, count)};
    movement.at = movement.created_at;
    movement.amount = Money::from_fen(is_refund ? 100 : 1'000);
    movement.fee = Money::from_fen(is_refund ? 0 : 6);
    return movement;
}

// Feeds the archive one of the pretend Alipay's bills piece by piece: it never stands in memory.
class BillFeed {
public:
    BillFeed(sandbox::BillType type, std::int64_t count) : type_(type), count_(count) {
        const std::string empty = sandbox::bill_details(
            {.type = type, .seller_id = kSeller, .date = kDay}, {}, {paid_ms(0, count)});
        // Its lines stand before the frame that follows the columns.
        const std::size_t end = empty.find("\r\n#-", empty.find("商户订单号")) + 2;
        piece_ = gbk(empty.substr(0, end));
    }

    static zip_int64_t call(void* self, void* data, zip_uint64_t size, zip_source_cmd_t command) {
        return static_cast<BillFeed*>(self)->answer(data, size, command);
    }

private:
    zip_int64_t answer(void* data, zip_uint64_t size, zip_source_cmd_t command) {
        if (command == ZIP_SOURCE_SUPPORTS) {
            return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ,
                                                  ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
                                                  ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, -1);
        }
        if (command == ZIP_SOURCE_READ) return read(static_cast<char*>(data), size);
        if (command != ZIP_SOURCE_STAT) return 0;
        zip_stat_init(static_cast<zip_stat_t*>(data));
        return static_cast<zip_int64_t>(sizeof(zip_stat_t));
    }

    zip_int64_t read(char* data, zip_uint64_t size) {
        if (at_ == piece_.size() && !next_piece()) return 0;
        const std::size_t part = std::min<std::size_t>(size, piece_.size() - at_);
        std::memcpy(data, piece_.data() + at_, part);
        at_ += part;
        return static_cast<zip_int64_t>(part);
    }

    bool next_piece() {
        at_ = 0;
        piece_.clear();
        if (next_ > count_) return false;
        if (next_ == count_) {
            piece_ = gbk(tail());
            ++next_;
            return true;
        }
        std::string rows;
        for (int i = 0; i < 500 && next_ < count_; ++i, ++next_) {
            rows += row(next_, false);
            if (has_refund(next_)) rows += row(next_, true);
        }
        piece_ = gbk(rows);
        return true;
    }

    static std::string gbk(const std::string& text) { return checked(from_utf8(text, "gbk")); }

    std::string row(std::int64_t i, bool is_refund) {
        ++(is_refund ? refunds_ : payments_);
        const sandbox::Movement movement = movement_of(i, count_, is_refund);
        return type_ == sandbox::BillType::trade ? sandbox::trade_row(movement)
                                                 : sandbox::account_rows(movement);
    }

    std::string tail() const {
        const std::string paid = Money::from_fen(payments_ * 1'000).to_yuan();
        const std::string back = Money::from_fen(refunds_ * 100).to_yuan();
        if (type_ == sandbox::BillType::trade) {
            return "#交易合计：" + std::to_string(payments_) + "笔，商家实收共" + paid +
                   "元\r\n#退款合计：" + std::to_string(refunds_) + "笔，商家实收退款共-" + back +
                   "元\r\n";
        }
        return "#支出合计：" + std::to_string(refunds_ + payments_) + "笔，共-" +
               Money::from_fen(refunds_ * 100 + payments_ * 6).to_yuan() + "元\r\n#收入合计：" +
               std::to_string(payments_) + "笔，共" + paid + "元\r\n";
    }

    const sandbox::BillType type_;
    const std::int64_t count_;
    std::int64_t next_ = 0;
    std::int64_t payments_ = 0;
    std::int64_t refunds_ = 0;
    std::string piece_;
    std::size_t at_ = 0;
};

void make_bill(const std::string& file, sandbox::BillType type, std::int64_t count) {
    int code = 0;
    zip_t* const archive = zip_open(file.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
    if (archive == nullptr) give_up("cannot make " + file);
    BillFeed feed(type, count);
    zip_source_t* const source = zip_source_function(archive, &BillFeed::call, &feed);
    if (zip_file_add(archive, "bill.csv", source, 0) < 0) give_up(zip_strerror(archive));
    if (zip_close(archive) != 0) give_up(zip_strerror(archive));
}

// Runs `work` in a child, whose memory does not count as ours.
template <typename Work>
void apart(Work work) {
    const pid_t child = ::fork();
    if (child == 0) {
        work();
        std::_Exit(0);
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child || status != 0) give_up("the preparation failed");
}

void compare(const std::string& file, const std::vector<std::string>& bills, std::int64_t count) {
    const auto started = system_clock().monotonic();
    Log log(STDERR_FILENO, system_clock(), LogLevel::error);
    auto store =
        checked(ledger::open_sqlite_store({.file = file, .beside_gateway = true}, system_clock()));
    ledger::Writer writer(checked(store->write_connection()), {}, log);
    reconcile::Reconciler reconciler(
        {.store = *store,
         .transact =
             [&](const auto& work) {
                 Result<Done> end = Done{};
                 writer.submit(ledger::make_unit(work, [&](Result<Done> done) { end = done; }));
                 checked(writer.run_once());
                 return end;
             },
         .clock = system_clock(),
         .entropy = signing::openssl_entropy(),
         .log = log});
    const auto report = checked(
        reconciler.run({.seller = {.seller_id = kSeller, .apps = {{.app = "shop", .prefixes = {}}}},
                        .day = checked(BeijingDay::parse(kDay)),
                        .bill_files = bills,
                        .request_id = "bench"}));
    const auto ended = system_clock().monotonic();
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(ended - started).count();
    const std::int64_t cpu_ms = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000 +
                                (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1'000;
    const auto& counts = report.counts;
    std::uintmax_t bytes = 0;
    for (const std::string& bill : bills) bytes += std::filesystem::file_size(bill);
    std::printf(R"({"payments":%lld,"bill_lines":%lld,"ms":%lld,"cpu_ms":%lld,"peak_rss_kib":%lld,)"
                R"("matched":%lld,"repaired":%lld,"opened":%lld,"bill_bytes":%lld})"
                "\n",
                // NOLINTBEGIN(google-runtime-int): printf.
                static_cast<long long>(count),
                static_cast<long long>(counts.bill_payments.count + counts.bill_refunds.count),
                static_cast<long long>(ms), static_cast<long long>(cpu_ms),
                static_cast<long long>(usage.ru_maxrss), static_cast<long long>(counts.matched),
                static_cast<long long>(report.count_of(reconcile::Fate::repaired)),
                static_cast<long long>(report.count_of(reconcile::Fate::opened)),
                static_cast<long long>(bytes));
    // NOLINTEND(google-runtime-int)
}

}  // namespace

// reconcile_bench [payments [funds]]
int main(int argc, char** argv) {
    const std::int64_t count = argc > 1 ? std::atoll(argv[1]) : 1'000'000;
    const bool with_funds = argc > 2 && std::string_view(argv[2]) == "funds";
    std::string folder = (std::filesystem::temp_directory_path() / "reconcile-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) give_up("cannot make a folder");
    const std::string file = folder + "/ledger.db";
    std::vector<std::string> bills{folder + "/trade.zip"};
    apart([&] { make_ledger(file, count); });
    apart([&] { make_bill(bills.back(), sandbox::BillType::trade, count); });
    if (with_funds) {
        bills.push_back(folder + "/fund.zip");
        apart([&] { make_bill(bills.back(), sandbox::BillType::signcustomer, count); });
    }
    compare(file, bills, count);
    std::filesystem::remove_all(folder);
    return 0;
}
