// The pretend Alipay's bills, written apart from our reader and from the protocol alone.
#include <gtest/gtest.h>

#include "base/time_text.h"
#include "gateway/bill/bill_reader.h"
#include "gateway/bill/bill_table.h"
#include "sandbox/bill_file.h"
#include "tests/reconcile/bill_maker.h"
#include "tests/support/fakes.h"

namespace tollgate::gateway::bill {
namespace {

sandbox::Movement movement(const std::string& number, std::int64_t fen, bool is_refund) {
    sandbox::Movement movement;
    movement.is_refund = is_refund;
    movement.trade_no = "2026111022001" + number;
    movement.out_trade_no = number;
    if (is_refund) movement.out_request_no = "R-" + number;
    movement.subject = "一枚书签, \"好看\"";
    movement.created_at = *parse_beijing("2026-11-10 11:00:00");
    movement.at = *parse_beijing("2026-11-10 12:00:00");
    movement.amount = Money::from_fen(fen);
    movement.fee = Money::from_fen(fen * 6 / 1'000);
    return movement;
}

TEST(SandboxBill, IsReadAsItWasMeant) {
    const testing::TempFolder folder;
    const std::vector<sandbox::Movement> movements = {
        movement("T1", 10'000, false), movement("T2", 2'550, false), movement("T1", 3'000, true)};
    std::vector<std::string> files;
    for (const auto type : {sandbox::BillType::trade, sandbox::BillType::signcustomer}) {
        const auto zip = sandbox::bill_archive(
            {.type = type, .seller_id = "2088000000000001", .date = "2026-11-10"}, movements,
            *parse_beijing("2026-11-11 10:00:00"));
        ASSERT_TRUE(zip);
        files.push_back(folder.file(std::to_string(files.size()) + ".zip"));
        testing::write_text(files.back(), *zip);
    }
    BillTable table;
    const BillOrder order{.seller_id = "2088000000000001", .day = *BeijingDay::parse("2026-11-10")};
    const auto counts = read_bills(files, order, table);
    ASSERT_TRUE(counts) << counts.error().message();
    EXPECT_EQ(counts->trade_texts, 1);
    EXPECT_EQ(counts->fund_texts, 1);
    ASSERT_TRUE(table.sort());
    const auto lines = table.lines_of("T1");
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].amount_fen, 10'000);
    EXPECT_EQ(lines[0].fee_fen, 60);
    EXPECT_EQ(table.out_request_no(lines[1]), "R-T1");
    EXPECT_EQ(table.funds_of("T1").income_fen, 10'000);
    EXPECT_EQ(table.funds_of("T1").fee_fen, 60 - 18);
}

}  // namespace
}  // namespace tollgate::gateway::bill
