// Reading bills: what is taken, and what is refused with its place.
#include <random>

#include <gtest/gtest.h>

#include "gateway/bill/bill_reader.h"
#include "gateway/bill/bill_table.h"
#include "tests/reconcile/bill_maker.h"
#include "tests/support/fakes.h"

namespace tollgate::gateway::bill {
namespace {

using testing::BillMaker;
using testing::gbk;
using testing::Movement;
using testing::TempFolder;
using testing::write_text;

const std::string kHead =
    "#支付宝业务明细查询\r\n#账号：[20880000000000010156]\r\n"
    "#起始日期：[2026年11月10日 00:00:00]   终止日期：[2026年11月11日 00:00:00]\r\n";

// What a reader passes on, in words.
class Kept final : public BillSink {
public:
    Result<Done> trade_line(const TradeLine& line) override {
        trades.push_back(std::string(line.trade_no) + " " + std::string(line.out_trade_no) + " " +
                         (line.kind == TradeLine::Kind::payment ? "+" : "-") +
                         line.amount.to_yuan() + " " + std::string(line.out_request_no));
        return Done{};
    }
    Result<Done> fund_line(const FundLine& line) override {
        funds.push_back(std::string(line.out_trade_no) + " " + line.income.to_yuan() + " " +
                        line.expense.to_yuan());
        return Done{};
    }
    std::vector<std::string> trades;
    std::vector<std::string> funds;
};

BillMaker two_trades() {
    BillMaker bill;
    bill.movements = {{.trade_no = "2026111022001", .out_trade_no = "T1", .fee_fen = 6},
                      {.trade_no = "2026111022002", .out_trade_no = "T2", .fen = 2'050},
                      {.trade_no = "2026111022001",
                       .out_trade_no = "T1",
                       .fen = 300,
                       .out_request_no = "R1",
                       .fee_fen = 2,
                       .is_refund = true}};
    return bill;
}

class Reading : public ::testing::Test {
protected:
    Result<BillCounts> read_files(const std::vector<std::string>& files) {
        return read_bills(files, order, kept);
    }
    // One text, given in UTF-8.
    Result<BillCounts> read(const std::string& utf8) {
        write_text(folder.file("bill.csv"), gbk(utf8));
        return read_files({folder.file("bill.csv")});
    }
    std::string problem_of(const std::string& utf8) {
        const auto result = read(utf8);
        return result ? "" : result.error().message();
    }
    static std::string replaced(std::string text, const std::string& what,
                                const std::string& with) {
        const auto at = text.find(what);
        EXPECT_NE(at, std::string::npos) << what;
        return text.replace(at, what.size(), with);
    }

    TempFolder folder;
    BillOrder order{.seller_id = "2088000000000001", .day = *BeijingDay::parse("2026-11-10")};
    Kept kept;
};

TEST_F(Reading, TakesBothBillsOutOfTheirArchives) {
    write_trade_bill(folder.file("trade.zip"), two_trades());
    write_fund_bill(folder.file("fund.zip"), two_trades());
    const auto counts = read_files({folder.file("trade.zip"), folder.file("fund.zip")});
    ASSERT_TRUE(counts) << counts.error().message();
    EXPECT_EQ(counts->trade_texts, 1);
    EXPECT_EQ(counts->fund_texts, 1);
    EXPECT_EQ(kept.trades,
              (std::vector<std::string>{"2026111022001 T1 +10.00 ", "2026111022002 T2 +20.50 ",
                                        "2026111022001 T1 -3.00 R1"}));
    EXPECT_EQ(kept.funds,
              (std::vector<std::string>{"T1 10.00 0.00", "T1 0.00 0.06", "T2 20.50 0.00",
                                        "T1 0.00 3.00", "T1 0.02 0.00"}));
}

TEST_F(Reading, FindsColumnsByTheirNamesAlone) {
    const auto result = read(
        kHead +
        "备注,退款批次号,业务类型,完成时间,商家实收(元),新的一列,订单金额,商户订单号,支付宝交易号,"
        "\r\n"
        "\"a, \"\"b\"\"\",,交易,2026-11-10 10:00:00,9.00,?,10.00,T1\t,2026111022001\t,\r\n"
        "#交易合计：1笔，商家实收共9.00元\r\n#退款合计：0笔，商家实收退款共0.00元\r\n");
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(kept.trades, (std::vector<std::string>{"2026111022001 T1 +10.00 "}));
}

TEST_F(Reading, TakesTheNewerOrderOfAFundBill) {
    const auto result = read(
        kHead +
        "账务流水号,业务流水号,商品名称,发生时间,收入金额（+元）,支出金额（-元）,账户余额（元）,"
        "交易渠道,业务类型,备注,商户订单号,对方账号,业务描述\r\n"
        "1\t,2\t,书签\t,2026-11-10 10:00:00\t,10.00\t,0.00\t,10.00\t,支付宝\t,在线支付\t,\t,"
        "T1\t,*明\t,\t\r\n"
        "2\t,2\t,书签\t,2026-11-10 10:00:00\t,0.00\t,0.06\t,9.94\t,支付宝\t,收费\t,\t,T1\t,"
        "*明\t,\t\r\n"
        "#支出合计：1笔，共-0.06元\r\n#收入合计：1笔，共10.00元\r\n");
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(kept.funds, (std::vector<std::string>{"T1 10.00 0.00", "T1 0.00 0.06"}));
}

TEST_F(Reading, TakesQuotedFieldsAndStrayQuotes) {
    BillMaker bill = two_trades();
    bill.movements[0].subject = "一枚书签, \"好看\"";
    ASSERT_TRUE(read(bill.trade_text()));
    EXPECT_EQ(kept.trades.size(), 3U);

    EXPECT_TRUE(read(replaced(two_trades().trade_text(), "一枚书签", "\"5\" 书签")));
    EXPECT_EQ(kept.trades.size(), 6U);
}

TEST_F(Reading, NamesEveryLineThatItCannotRead) {
    std::string bill = two_trades().trade_text();
    bill = replaced(bill, "20.50\t", "20.5x\t");
    bill = replaced(bill, "退款\t", "退换\t");
    const std::string problem = problem_of(bill);
    EXPECT_NE(problem.find("line 7: 订单金额 \"20.5x\": not an amount"), std::string::npos)
        << problem;
    EXPECT_NE(problem.find("line 8: 业务类型 \"退换\": not known"), std::string::npos) << problem;
}

TEST_F(Reading, RefusesTotalsThatDoNotFit) {
    const std::string bill = two_trades().trade_text();
    EXPECT_NE(problem_of(replaced(bill, "商家实收共30.50元", "商家实收共30.51元"))
                  .find("交易合计 says 2 lines, 30.51 yuan, the bill's lines are 2 lines, 30.50"),
              std::string::npos);
    EXPECT_NE(problem_of(replaced(bill, "交易合计：2笔", "交易合计：3笔")).find("3 lines"),
              std::string::npos);
    EXPECT_NE(problem_of(replaced(bill, "商家实收退款共-3.00元", "商家实收退款共-3.01元"))
                  .find("退款合计"),
              std::string::npos);
    const std::string fund = two_trades().fund_text();
    EXPECT_NE(problem_of(replaced(fund, "支出合计：2笔", "支出合计：1笔")).find("支出合计"),
              std::string::npos);
    EXPECT_NE(problem_of(replaced(fund, "收入合计：3笔", "收入合计：2笔")).find("收入合计"),
              std::string::npos);
    EXPECT_NE(problem_of(bill + "#交易合计：2笔，商家实收共30.50元\r\n").find("stands twice"),
              std::string::npos);
}

TEST_F(Reading, RefusesABillThatBreaksOff) {
    const std::string bill = two_trades().trade_text();
    EXPECT_NE(problem_of(bill.substr(0, bill.find("#交易合计"))).find("may have been cut off"),
              std::string::npos);
    EXPECT_NE(problem_of(bill.substr(0, bill.find("T2") + 2)).find("line 7"), std::string::npos);
    EXPECT_NE(problem_of("").find("holds no table"), std::string::npos);
}

TEST_F(Reading, RefusesTheBillOfAnotherMerchantOrDay) {
    BillMaker bill = two_trades();
    bill.seller_id = "2088000000000009";
    EXPECT_NE(problem_of(bill.trade_text()).find("not of 2088000000000001"), std::string::npos);
    bill = two_trades();
    bill.date = "2026-11-09";
    EXPECT_NE(problem_of(bill.trade_text()).find("is not the day 2026-11-10"), std::string::npos);
}

TEST_F(Reading, RefusesABillThatDoesNotSayWhoseItIs) {
    const std::string bill = two_trades().trade_text();
    EXPECT_NE(problem_of(replaced(bill, "账号", "户名")).find("does not say whose"),
              std::string::npos);
    EXPECT_NE(problem_of(replaced(bill, "起始日期", "日期")).find("does not say which day"),
              std::string::npos);
}

TEST_F(Reading, RefusesATableThatIsNotAlipays) {
    EXPECT_NE(problem_of("a,b,c\r\n1,2,3\r\n").find("not the columns"), std::string::npos);
    const std::string bill = two_trades().trade_text();
    EXPECT_NE(problem_of(replaced(bill, "完成时间", "完成")).find("完成时间 is missing"),
              std::string::npos);
    EXPECT_NE(problem_of(replaced(bill, "分润（元）", "订单金额")).find("stands twice"),
              std::string::npos);
}

TEST_F(Reading, RefusesBytesThatAreNotGbk) {
    std::string bytes = gbk(two_trades().trade_text());
    bytes.insert(bytes.find("T2"), "\x81\x20\xFF");
    write_text(folder.file("bill.csv"), bytes);
    const auto result = read_files({folder.file("bill.csv")});
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message().find("line 7: bytes that are not GBK"), std::string::npos)
        << result.error().message();
}

TEST_F(Reading, RefusesALineWithoutEnd) {
    write_text(folder.file("bill.csv"), "#" + std::string(200'000, '-'));
    const auto result = read_files({folder.file("bill.csv")});
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message().find("line 1 is longer than 65536 bytes"),
              std::string::npos);
}

TEST(BillTable, GathersALinesOfOneNumber) {
    BillTable table;
    BillMaker bill = two_trades();
    const TempFolder folder;
    write_trade_bill(folder.file("trade.zip"), bill);
    write_fund_bill(folder.file("fund.zip"), bill);
    const BillOrder order{.seller_id = "2088000000000001", .day = *BeijingDay::parse("2026-11-10")};
    ASSERT_TRUE(read_bills({folder.file("trade.zip"), folder.file("fund.zip")}, order, table));
    ASSERT_TRUE(table.sort());
    const auto lines = table.lines_of("T1");
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].kind, TradeLine::Kind::payment);
    EXPECT_EQ(table.out_request_no(lines[1]), "R1");
    EXPECT_TRUE(table.lines_of("T").empty());
    EXPECT_EQ(table.funds_of("T1").fee_fen, 4);
    EXPECT_FALSE(table.funds_of("T2").has_fee);
}

TEST(BillTable, RefusesTheSameBillTwice) {
    BillTable table;
    const TempFolder folder;
    write_trade_bill(folder.file("trade.zip"), two_trades());
    const BillOrder order{.seller_id = "2088000000000001", .day = *BeijingDay::parse("2026-11-10")};
    ASSERT_TRUE(read_bills({folder.file("trade.zip"), folder.file("trade.zip")}, order, table));
    const auto sorted = table.sort();
    ASSERT_FALSE(sorted);
    EXPECT_NE(sorted.error().message().find("2026111022001"), std::string::npos);
}

// Whatever a damaged text says: an answer, and never a bill that its own totals contradict.
TEST_F(Reading, SurvivesEveryMutation) {
    const std::string good = gbk(two_trades().trade_text());
    std::mt19937 dice(7);  // NOLINT(cert-msc51-cpp): the same each time.
    for (int i = 0; i < 3'000; ++i) {
        std::string bad = good;
        for (unsigned edits = 1 + dice() % 4; edits > 0; --edits) {
            const std::size_t at = dice() % bad.size();
            switch (dice() % 4) {
                case 0: bad[at] = static_cast<char>(dice()); break;
                case 1: bad.erase(at, 1 + dice() % 40); break;
                case 2: bad.insert(at, 1, ",\"\r\n#\t-9"[dice() % 8]); break;
                default: bad.insert(at, bad.substr(dice() % bad.size(), dice() % 60)); break;
            }
            if (bad.empty()) bad = "#";
        }
        BillTable table;
        BillReader reader(order, table);
        ASSERT_TRUE(reader.begin("mutant"));
        // In pieces, so that cuts fall anywhere.
        auto done = Result<Done>(Done{});
        for (std::size_t at = 0; at < bad.size() && done; at += 97) {
            done = reader.take(std::string_view(bad).substr(at, 97));
        }
        if (done) done = reader.end();
        if (done) done = reader.result();
        if (!done) {
            EXPECT_FALSE(done.error().message().empty());
            continue;
        }
        std::int64_t paid = 0;
        for (const KeptLine& line : table.lines()) {
            if (line.kind == TradeLine::Kind::payment) paid += line.received_fen;
        }
        // Only if an edit changed the totals' text as well could this be another sum.
        const bool same_claim = bad.find(gbk("商家实收共30.50元")) != std::string::npos;
        if (same_claim) {
            EXPECT_EQ(paid, 3'050) << i;
        }
    }
}

}  // namespace
}  // namespace tollgate::gateway::bill
