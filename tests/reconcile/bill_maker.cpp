#include "tests/reconcile/bill_maker.h"

#include <filesystem>
#include <fstream>
#include <memory>

#include <gtest/gtest.h>
#include <zip.h>

#include "base/charset.h"
#include "base/money.h"

namespace tollgate::testing {
namespace {

std::string yuan(std::int64_t fen) {
    return Money::from_fen(fen).to_yuan();
}

std::string head(const BillMaker& bill, const std::string& title) {
    const std::string day = bill.date.substr(0, 4) + "年" + bill.date.substr(5, 2) + "月" +
                            bill.date.substr(8, 2) + "日 ";
    return "#支付宝" + title + "\r\n#账号：[" + bill.seller_id + "0156]\r\n#起始日期：[" + day +
           "00:00:00]   终止日期：[" + day + "23:59:59]\r\n";
}

std::string line(const std::vector<std::string>& fields) {
    std::string text;
    for (const std::string& field : fields) text += (text.empty() ? "" : ",") + field + "\t";
    return text + "\r\n";
}

std::string trade_line(const Movement& m) {
    const std::string sign = m.is_refund ? "-" : "";
    const std::string amount = sign + yuan(m.fen);
    return line({m.trade_no,
                 m.out_trade_no,
                 m.is_refund ? "退款" : "交易",
                 "一枚书签",
                 "2026-11-10 00:00:01",
                 m.at,
                 "",
                 "",
                 "",
                 "",
                 "*明(138****0000)",
                 amount,
                 amount,
                 "0.00",
                 "0.00",
                 "0.00",
                 "0.00",
                 "0.00",
                 "",
                 "0.00",
                 "0.00",
                 m.out_request_no,
                 (m.is_refund ? "" : "-") + yuan(m.fee_fen),
                 "0.00",
                 ""});
}

struct Sum {
    std::int64_t count = 0;
    std::int64_t fen = 0;
    std::string text() const { return std::to_string(count) + "笔"; }
};

}  // namespace

std::string gbk(const std::string& utf8) {
    const auto bytes = from_utf8(utf8, "gbk");
    EXPECT_TRUE(bytes);
    return *bytes;
}

std::string BillMaker::trade_text() const {
    std::string text =
        head(*this, "业务明细查询") +
        "#-----------------------------------------业务明细列表------------\r\n"
        "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,"
        "操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,"
        "集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,"
        "商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,"
        "分润（元）,备注\r\n";
    Sum paid;
    Sum refunded;
    for (const Movement& m : movements) {
        Sum& sum = m.is_refund ? refunded : paid;
        ++sum.count;
        sum.fen += m.fen;
        text += trade_line(m);
    }
    return text + "#-----------------------------------------业务明细列表结束------------\r\n" +
           "#交易合计：" + paid.text() + "，商家实收共" + yuan(paid.fen) +
           "元，商家优惠共0.00元\r\n#退款合计：" + refunded.text() + "，商家实收退款共" +
           yuan(-refunded.fen) +
           "元，商家优惠退款共0.00元\r\n"
           "#导出时间：[2026年11月11日 09:27:10]\r\n";
}

std::string BillMaker::trade_summary_text() const {
    return head(*this, "业务汇总查询") +
           "#-----------------------------------------业务汇总列表------------\r\n"
           "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,"
           "支付宝优惠（元）,商家优惠（元）,卡消费金额（元）,服务费（元）,分润（元）,"
           "实收净额（元）\r\n" +
           line({"合计", "", "0", "0", "0.00", "0.00", "0.00", "0.00", "0.00", "0.00", "0.00",
                 "0.00"}) +
           "#-----------------------------------------业务汇总列表结束------------\r\n";
}

std::string BillMaker::fund_text() const {
    std::string text = head(*this, "账务明细查询") +
                       "#-----------------------------------------账务明细列表------------\r\n"
                       "账务流水号,业务流水号,商品名称,发生时间,收入金额（+元）,支出金额（-元）,"
                       "账户余额（元）,交易渠道,业务类型,备注,商户订单号,对方账号\r\n";
    Sum in;
    Sum out;
    int flow = 0;
    const auto add = [&](const Movement& m, const std::string& kind, std::int64_t fen) {
        Sum& sum = fen >= 0 ? in : out;
        ++sum.count;
        sum.fen += fen >= 0 ? fen : -fen;
        text += line({std::to_string(++flow), m.trade_no, "一枚书签", m.at,
                      fen >= 0 ? yuan(fen) : "0.00", fen < 0 ? yuan(fen) : "0.00", "100.00",
                      "支付宝", kind, "", m.out_trade_no, "*明"});
    };
    for (const Movement& m : movements) {
        add(m, m.is_refund ? "交易退款" : "在线支付", m.is_refund ? -m.fen : m.fen);
        if (m.fee_fen == 0) continue;
        add(m, m.is_refund ? "退费" : "收费", m.is_refund ? m.fee_fen : -m.fee_fen);
    }
    return text + "#-----------------------------------------账务明细列表结束------------\r\n" +
           "#支出合计：" + out.text() + "，共" + yuan(-out.fen) + "元\r\n#收入合计：" + in.text() +
           "，共" + yuan(in.fen) + "元\r\n#导出时间：[2026年11月11日 09:27:10]\r\n";
}

void write_raw_zip(const std::string& file, const std::vector<BillEntry>& entries) {
    int code = 0;
    zip_t* const archive = zip_open(file.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
    ASSERT_NE(archive, nullptr) << code;
    for (const BillEntry& entry : entries) {
        zip_source_t* const source =
            zip_source_buffer(archive, entry.text.data(), entry.text.size(), 0);
        ASSERT_GE(zip_file_add(archive, entry.name.c_str(), source, ZIP_FL_ENC_RAW), 0);
    }
    ASSERT_EQ(zip_close(archive), 0) << zip_strerror(archive);
}

void write_zip(const std::string& file, const std::vector<BillEntry>& entries) {
    std::vector<BillEntry> raw;
    for (const BillEntry& entry : entries) {
        raw.push_back({.name = gbk(entry.name), .text = gbk(entry.text)});
    }
    write_raw_zip(file, raw);
}

void write_text(const std::string& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

void write_trade_bill(const std::string& file, const BillMaker& bill) {
    write_zip(file,
              {{.name = "20880000000000010156_20261110_业务明细.csv", .text = bill.trade_text()},
               {.name = "20880000000000010156_20261110_业务明细(汇总).csv",
                .text = bill.trade_summary_text()}});
}

void write_fund_bill(const std::string& file, const BillMaker& bill) {
    write_zip(file,
              {{.name = "20880000000000010156_20261110_账务明细.csv", .text = bill.fund_text()}});
}

}  // namespace tollgate::testing
