#include "tests/reconcile/bill_maker.h"

#include <fstream>

#include <gtest/gtest.h>
#include <zip.h>

#include "base/charset.h"
#include "base/time_text.h"

namespace tollgate::testing {
namespace {

Timestamp at(const std::string& beijing) {
    return *parse_beijing(beijing);
}

sandbox::Movement in_full(const Movement& movement) {
    sandbox::Movement full;
    full.is_refund = movement.is_refund;
    full.trade_no = movement.trade_no;
    full.out_trade_no = movement.out_trade_no;
    full.out_request_no = movement.out_request_no;
    full.subject = movement.subject;
    full.buyer_logon_id = "*明(138****0000)";
    full.created_at = at("2026-11-10 00:00:01");
    full.at = at(movement.at);
    full.amount = Money::from_fen(movement.fen);
    full.fee = Money::from_fen(movement.fee_fen);
    return full;
}

}  // namespace

Movement money(const std::string& number, const std::string& trade_no, std::int64_t fen) {
    return {.trade_no = trade_no, .out_trade_no = number, .fen = fen};
}

Movement given_back(const std::string& number, const std::string& trade_no,
                    const std::string& request_no, std::int64_t fen) {
    return {.trade_no = trade_no,
            .out_trade_no = number,
            .fen = fen,
            .at = "2026-11-10 13:00:00",
            .out_request_no = request_no,
            .is_refund = true};
}

BillMaker bill_of(std::vector<Movement> movements, const std::string& date) {
    BillMaker bill;
    bill.date = date;
    bill.movements = std::move(movements);
    return bill;
}

std::string gbk(const std::string& utf8) {
    const auto bytes = from_utf8(utf8, "gbk");
    EXPECT_TRUE(bytes);
    return *bytes;
}

std::vector<sandbox::Movement> BillMaker::in_full() const {
    std::vector<sandbox::Movement> all;
    for (const Movement& movement : movements) all.push_back(testing::in_full(movement));
    return all;
}

std::string BillMaker::text(sandbox::BillType type) const {
    return sandbox::bill_details({.type = type, .seller_id = seller_id, .date = date}, in_full(),
                                 at("2026-11-11 09:27:10"));
}

std::string BillMaker::archive(sandbox::BillType type) const {
    const auto zip = sandbox::bill_archive({.type = type, .seller_id = seller_id, .date = date},
                                           in_full(), at("2026-11-11 09:27:10"));
    EXPECT_TRUE(zip);
    return zip.value_or("");
}

void write_raw_zip(const std::string& file, const std::vector<BillEntry>& entries) {
    int code = 0;
    zip_t* const archive = zip_open(file.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
    ASSERT_NE(archive, nullptr) << code;
    for (const BillEntry& entry : entries) {
        zip_source_t* const source =
            zip_source_buffer(archive, entry.bytes.data(), entry.bytes.size(), 0);
        ASSERT_GE(zip_file_add(archive, entry.name.c_str(), source, ZIP_FL_ENC_RAW), 0);
    }
    ASSERT_EQ(zip_close(archive), 0) << zip_strerror(archive);
}

void write_text(const std::string& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

void write_trade_bill(const std::string& file, const BillMaker& bill) {
    write_text(file, bill.archive(sandbox::BillType::trade));
}

void write_fund_bill(const std::string& file, const BillMaker& bill) {
    write_text(file, bill.archive(sandbox::BillType::signcustomer));
}

}  // namespace tollgate::testing
