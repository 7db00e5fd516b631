#include "sandbox/bill_rows.h"

#include <map>

#include "base/time_text.h"

namespace tollgate::sandbox {
namespace {

// What counts of some movements, in fen.
struct Sum {
    std::int64_t count = 0;
    std::int64_t fen = 0;
    std::int64_t fee_fen = 0;
};

Sum sum_of(const std::vector<Movement>& movements, bool refunds) {
    Sum sum;
    for (const Movement& movement : movements) {
        if (movement.is_refund != refunds) continue;
        ++sum.count;
        sum.fen += movement.amount.fen();
        sum.fee_fen += movement.fee.fen();
    }
    return sum;
}

std::string yuan(std::int64_t fen) {
    return fen < 0 ? "-" + Money::from_fen(-fen).to_yuan() : Money::from_fen(fen).to_yuan();
}

std::string quoted(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c == '\r' || c == '\n' ? ' ' : c;
    }
    return out + '"';
}

std::string line_of(const std::vector<std::string>& fields) {
    std::string line;
    for (const std::string& field : fields) {
        if (!line.empty()) line += ',';
        line += quoted(field) + '\t';
    }
    return line + "\r\n";
}

// Digits that nobody else has: the trade's, the refund's number of fen and the time make them.
std::string flow_number(const Movement& movement, bool is_fee) {
    std::string day = to_beijing(movement.at).substr(0, 10);
    std::erase(day, '-');
    std::string rest = movement.trade_no.size() > 11
                           ? movement.trade_no.substr(movement.trade_no.size() - 11)
                           : movement.trade_no;
    std::string moment = std::to_string(movement.at.ms % 86'400'000);
    moment.insert(0, 8 - moment.size(), '0');
    return day + moment + rest + (movement.is_refund ? "2" : "1") + (is_fee ? "2" : "1");
}

struct AccountLine {
    std::string_view kind;
    std::int64_t fen;  // Positive: income.
    std::int64_t balance_fen;
};

std::vector<AccountLine> account_lines(const Movement& movement) {
    const std::int64_t sign = movement.is_refund ? -1 : 1;
    const std::int64_t fee = -sign * movement.fee.fen();
    std::vector<AccountLine> lines = {{.kind = movement.is_refund ? "交易退款" : "在线支付",
                                       .fen = sign * movement.amount.fen(),
                                       .balance_fen = movement.balance.fen() - fee}};
    if (fee == 0) return lines;
    lines.push_back({.kind = movement.is_refund ? "退费" : "收费",
                     .fen = fee,
                     .balance_fen = movement.balance.fen()});
    return lines;
}

struct Flow {
    std::int64_t in_count = 0;
    std::int64_t in_fen = 0;
    std::int64_t out_count = 0;
    std::int64_t out_fen = 0;  // As a positive number.
};

void add_to(Flow& flow, const AccountLine& line) {
    if (line.fen >= 0) {
        ++flow.in_count;
        flow.in_fen += line.fen;
        return;
    }
    ++flow.out_count;
    flow.out_fen -= line.fen;
}

}  // namespace

std::string trade_row(const Movement& movement) {
    const std::int64_t sign = movement.is_refund ? -1 : 1;
    const std::string amount = yuan(sign * movement.amount.fen());
    return line_of({movement.trade_no,
                    movement.out_trade_no,
                    movement.is_refund ? "退款" : "交易",
                    movement.subject,
                    to_beijing(movement.created_at),
                    to_beijing(movement.at),
                    movement.store_id,
                    "",
                    movement.operator_id,
                    movement.terminal_id,
                    movement.buyer_logon_id,
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
                    movement.out_request_no,
                    yuan(-sign * movement.fee.fen()),
                    "0.00",
                    ""});
}

std::string trade_totals(const std::vector<Movement>& movements) {
    const Sum paid = sum_of(movements, false);
    const Sum refunded = sum_of(movements, true);
    return "#交易合计：" + std::to_string(paid.count) + "笔，商家实收共" + yuan(paid.fen) +
           "元，商家优惠共0.00元\r\n#退款合计：" + std::to_string(refunded.count) +
           "笔，商家实收退款共" + yuan(-refunded.fen) + "元，商家优惠退款共0.00元\r\n";
}

std::string trade_summary(const std::vector<Movement>& movements) {
    std::map<std::string, std::vector<Movement>> by_store;
    for (const Movement& movement : movements) by_store[movement.store_id].push_back(movement);
    const auto row = [](const std::string& store, const std::vector<Movement>& list) {
        const Sum paid = sum_of(list, false);
        const Sum refunded = sum_of(list, true);
        const std::int64_t net = paid.fen - refunded.fen;
        const std::int64_t fee = paid.fee_fen - refunded.fee_fen;
        return line_of({store, "", std::to_string(paid.count), std::to_string(refunded.count),
                        yuan(net), yuan(net), "0.00", "0.00", "0.00", yuan(-fee), "0.00",
                        yuan(net - fee)});
    };
    std::string text;
    for (const auto& [store, list] : by_store) text += row(store, list);
    return text + row("合计", movements);
}

std::string account_rows(const Movement& movement) {
    std::string text;
    for (const AccountLine& line : account_lines(movement)) {
        const bool is_fee = line.kind == "收费" || line.kind == "退费";
        text += line_of({flow_number(movement, is_fee), movement.trade_no, movement.out_trade_no,
                         movement.subject, to_beijing(movement.at), movement.buyer_logon_id,
                         line.fen >= 0 ? yuan(line.fen) : "0.00",
                         line.fen < 0 ? yuan(line.fen) : "0.00", yuan(line.balance_fen), "支付宝",
                         std::string(line.kind), movement.out_request_no});
    }
    return text;
}

std::string account_totals(const std::vector<Movement>& movements) {
    Flow flow;
    for (const Movement& movement : movements) {
        for (const AccountLine& line : account_lines(movement)) add_to(flow, line);
    }
    return "#支出合计：" + std::to_string(flow.out_count) + "笔，共" + yuan(-flow.out_fen) +
           "元\r\n#收入合计：" + std::to_string(flow.in_count) + "笔，共" + yuan(flow.in_fen) +
           "元\r\n";
}

std::string account_summary(const std::vector<Movement>& movements) {
    std::map<std::string, Flow> by_kind;
    for (const Movement& movement : movements) {
        for (const AccountLine& line : account_lines(movement)) {
            Flow& flow = by_kind[std::string(line.kind)];
            add_to(flow, line);
        }
    }
    std::string text;
    for (const auto& [kind, flow] : by_kind) {
        text += line_of({kind, std::to_string(flow.in_count), yuan(flow.in_fen),
                         std::to_string(flow.out_count), yuan(-flow.out_fen),
                         yuan(flow.in_fen - flow.out_fen)});
    }
    return text;
}

}  // namespace tollgate::sandbox
