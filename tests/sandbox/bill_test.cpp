#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/charset.h"
#include "sandbox/bill_file.h"
#include "sandbox/zip.h"
#include "tests/sandbox/method_world.h"

namespace tollgate::sandbox {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;

class Bills : public MethodWorldTest {
protected:
    Bills() {
        books_.trades.watch([this](const Trade& trade, TradeEvent event, const Refund* refund) {
            if (event == TradeEvent::paid) books_.journal.add_payment(trade);
            if (event == TradeEvent::refunded) books_.journal.add_refund(trade, *refund);
        });
    }
    static Json asked(const char* type, const char* date) {
        return {{"bill_type", type}, {"bill_date", date}};
    }
    std::string answer(const char* date) {
        return code("data.dataservice.bill.downloadurl.query", asked("trade", date));
    }
    // 88.80 paid, 8.80 given back.
    void have_a_day() {
        have_paid();
        clock_.pass(minutes(1));
        ASSERT_TRUE(
            run("trade.refund",
                {{"out_trade_no", "T_1"}, {"refund_amount", "8.80"}, {"out_request_no", "R_1"}}));
    }
    std::string details(BillType type) {
        return bill_details({.type = type, .seller_id = kSellerId, .date = "2026-11-11"},
                            books_.journal.of(kSellerId, "2026-11-11"), clock_.now());
    }
};

TEST_F(Bills, AreThereAtNineTheNextMorning) {
    have_a_day();
    EXPECT_EQ(answer("2026-11-11"), "INVAILID_ARGUMENTS");
    EXPECT_EQ(answer("2026-11-12"), "INVAILID_ARGUMENTS");
    clock_.pass(hours(24) + hours(9) - minutes(2));
    EXPECT_EQ(answer("2026-11-11"), "BILL_NOT_EXIST");
    clock_.pass(minutes(1));
    EXPECT_EQ(answer("2026-11-11"), "");
    EXPECT_EQ(answer("2026-11-10"), "BILL_NOT_EXIST");  // Nothing moved.
    EXPECT_EQ(answer("2019-11-11"), "INVAILID_ARGUMENTS");
    EXPECT_EQ(answer("2026-11"), "INVAILID_ARGUMENTS");
    clock_.pass(hours(24 * 22));
    EXPECT_EQ(answer("2026-11"), "");
    for (const char* wrong : {"2026-02-30", "20261111", "2026-11-11 ", "2026-1"}) {
        EXPECT_EQ(answer(wrong), "INVAILID_ARGUMENTS") << wrong;
    }
    EXPECT_EQ(code("data.dataservice.bill.downloadurl.query", asked("zft_acc", "2026-11-11")),
              "TYPE_NOT_SUPPORTED");
}

TEST_F(Bills, LinksAreGoodForThirtySeconds) {
    BillShelf shelf(entropy_);
    const std::string token = shelf.put({.type = BillType::trade}, clock_.now());
    clock_.pass(std::chrono::seconds(30));
    EXPECT_TRUE(shelf.take(token, clock_.now()));
    clock_.pass(std::chrono::milliseconds(1));
    EXPECT_FALSE(shelf.take(token, clock_.now()));
    EXPECT_FALSE(shelf.take("other", clock_.now()));
}

TEST_F(Bills, ListTradesAndRefunds) {
    have_a_day();
    const std::string text = details(BillType::trade);
    const std::string trade_no = books_.trades.newest(1).front().trade_no;
    EXPECT_THAT(text, HasSubstr("#支付宝业务明细查询\r\n#账号：[20880000000000010156]\r\n"
                                "#起始日期：[2026年11月11日 00:00:00]   "
                                "终止日期：[2026年11月12日 00:00:00]\r\n"));
    EXPECT_THAT(text, HasSubstr(trade_no + "\t,T_1\t,交易\t,龙井 tea\t,2026-11-11 00:00:00\t,"
                                           "2026-11-11 00:00:00\t,"));
    EXPECT_THAT(text, HasSubstr(",88.80\t,88.80\t,"));
    EXPECT_THAT(text, HasSubstr(",-8.80\t,-8.80\t,"));
    EXPECT_THAT(text, HasSubstr(",R_1\t,0.05\t,"));
    EXPECT_THAT(text, HasSubstr("#交易合计：1笔，商家实收共88.80元，商家优惠共0.00元\r\n"
                                "#退款合计：1笔，商家实收退款共-8.80元，商家优惠退款共0.00元\r\n"));
    // Every row has its 25 fields, as the heading has.
    const std::size_t heading = text.find("支付宝交易号");
    const std::string columns = text.substr(heading, text.find('\r', heading) - heading);
    EXPECT_EQ(std::ranges::count(columns, ','), 24);
    const std::size_t row = text.find(trade_no);
    EXPECT_EQ(std::ranges::count(text.substr(row, text.find('\r', row) - row), ','), 24);
}

TEST_F(Bills, ListTheAccountsMovements) {
    have_a_day();
    const std::string text = details(BillType::signcustomer);
    EXPECT_THAT(text, HasSubstr("88.80\t,0.00\t,10088.80\t,支付宝\t,在线支付"));
    EXPECT_THAT(text, HasSubstr("0.00\t,-0.53\t,10088.27\t,支付宝\t,收费"));
    EXPECT_THAT(text, HasSubstr("0.00\t,-8.80\t,10079.47\t,支付宝\t,交易退款\t,R_1"));
    EXPECT_THAT(text, HasSubstr("0.05\t,0.00\t,10079.52\t,支付宝\t,退费"));
    EXPECT_THAT(text, HasSubstr("#支出合计：2笔，共-9.33元\r\n#收入合计：2笔，共88.85元\r\n"));
}

TEST_F(Bills, ForgetWholeDays) {
    Journal journal(2, 60);
    Trade trade{.order = {.seller_id = kSellerId, .total = Money::from_fen(100)}};
    for (int day = 0; day < 3; ++day) {
        trade.paid_at = kNow + hours(24 * day);
        journal.add_payment(trade);
    }
    EXPECT_FALSE(journal.has(kSellerId, "2026-11-11"));
    EXPECT_EQ(journal.of(kSellerId, "2026-11").size(), 2U);
    EXPECT_FALSE(journal.has("2088000000000002", "2026-11-12"));
}

// Read back by another's code: Python's zipfile.
TEST_F(Bills, AreArchivesInGbk) {
    have_a_day();
    const auto archive =
        bill_archive({.type = BillType::trade, .seller_id = kSellerId, .date = "2026-11-11"},
                     books_.journal.of(kSellerId, "2026-11-11"), clock_.now());
    ASSERT_TRUE(archive);
    const auto folder =
        std::filesystem::temp_directory_path() / ("tollgate_bill_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "bill.zip", std::ios::binary) << *archive;
    const std::string command =
        "python3 -c \"import sys,zipfile\n"
        "bill=zipfile.ZipFile(sys.argv[1])\n"
        "assert bill.testzip() is None\n"
        "for i in bill.infolist():\n"
        " name=i.filename.encode('cp437').decode('gbk')\n"
        " assert i.flag_bits & 0x800 == 0\n"
        " sys.stdout.write(name+'\\n'+bill.read(i).decode('gbk'))\" " +
        (folder / "bill.zip").string();
    std::string out;
    FILE* pipe = popen(command.c_str(), "r");  // NOLINT: a test's own fixed command.
    ASSERT_NE(pipe, nullptr);
    std::array<char, 4096> part{};
    while (const std::size_t size = fread(part.data(), 1, part.size(), pipe)) {
        out.append(part.data(), size);
    }
    EXPECT_EQ(pclose(pipe), 0);
    std::filesystem::remove_all(folder);
    EXPECT_THAT(out, HasSubstr("20880000000000010156_20261111_业务明细.csv\n#支付宝业务明细查询"));
    EXPECT_THAT(out,
                HasSubstr("20880000000000010156_20261111_业务明细(汇总).csv\n#支付宝业务汇总"));
    EXPECT_THAT(out, HasSubstr("合计\t,\t,1\t,1\t,80.00\t,80.00"));
}

}  // namespace
}  // namespace tollgate::sandbox
