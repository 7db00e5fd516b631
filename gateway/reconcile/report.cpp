#include "gateway/reconcile/report.h"

#include <array>

#include "base/check.h"

namespace tollgate::gateway::reconcile {
namespace {

constexpr std::size_t kTextRowsMax = 20;  // Of each class.

std::string yuan(std::int64_t fen) {
    return Money::from_fen(fen).to_yuan();
}

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text;
}

std::string right(std::string text, std::size_t width) {
    if (text.size() < width) text.insert(0, width - text.size(), ' ');
    return text;
}

std::string count_line(std::string_view name, const CountAndSum& sum) {
    return "  " + padded(std::string(name), 22) + right(std::to_string(sum.count), 10) +
           right(yuan(sum.fen), 18) + "\n";
}

std::string row_line(const ReportRow& row) {
    std::string line = "    " + padded(std::string(name_of(row.fate)), 9);
    line += row.line ? "line " + std::to_string(*row.line) + "  " : "no line  ";
    line += row.out_trade_no.empty() ? "(no number)" : row.out_trade_no;
    if (!row.trade_no.empty()) line += "  trade " + row.trade_no;
    if (!row.out_request_no.empty()) line += "  refund " + row.out_request_no;
    if (row.billed) line += "  billed " + row.billed->to_yuan();
    if (row.ours) line += "  ours " + row.ours->to_yuan();
    if (!row.status.empty()) line += "  " + row.status;
    if (!row.detail.empty()) line += "  (" + row.detail + ")";
    return line + "\n";
}

std::string rows_of_class(const Report& report, BillClass bill_class) {
    std::string text;
    std::size_t shown = 0;
    for (const ReportRow& row : report.rows) {
        if (row.bill_class != bill_class || ++shown > kTextRowsMax) continue;
        text += row_line(row);
    }
    if (shown > kTextRowsMax) {
        text += "    … and " + std::to_string(shown - kTextRowsMax) + " more\n";
    }
    return text;
}

class JsonRow {
public:
    JsonRow& text(std::string_view name, std::string_view value) {
        return raw(name, [&](std::string& json) { append_json_string(json, value); });
    }
    JsonRow& maybe(std::string_view name, std::string_view value) {
        return value.empty() ? raw(name, [](std::string& json) { json += "null"; })
                             : text(name, value);
    }
    JsonRow& number(std::string_view name, std::int64_t value) {
        return raw(name, [&](std::string& json) { json += std::to_string(value); });
    }
    JsonRow& maybe(std::string_view name, const std::optional<std::int64_t>& value) {
        return value ? number(name, *value) : maybe(name, std::string_view());
    }
    JsonRow& maybe(std::string_view name, const std::optional<Money>& value) {
        return value ? number(name, value->fen()) : maybe(name, std::string_view());
    }
    template <typename Write>
    JsonRow& raw(std::string_view name, Write write) {
        if (json_.size() > 1) json_ += ',';
        append_json_string(json_, name);
        json_ += ':';
        write(json_);
        return *this;
    }
    std::string end() { return json_ + "}"; }

private:
    std::string json_ = "{";
};

std::string row_json(const ReportRow& row) {
    return JsonRow()
        .text("class", name_of(row.bill_class))
        .text("fate", name_of(row.fate))
        .maybe("app", row.app)
        .maybe("out_trade_no", row.out_trade_no)
        .maybe("trade_no", row.trade_no)
        .maybe("out_request_no", row.out_request_no)
        .maybe("bill_line", row.line)
        .maybe("billed_amount", row.billed)
        .maybe("our_amount", row.ours)
        .maybe("our_status", row.status)
        .maybe("detail", row.detail)
        .end();
}

std::string csv_field(std::string text) {
    if (!text.empty() && std::string_view("=+-@\t").find(text.front()) != std::string_view::npos) {
        text.insert(0, 1, '\'');
    }
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

std::string csv_line(const ReportRow& row) {
    const std::array<std::string, 11> fields = {std::string(name_of(row.bill_class)),
                                                std::string(name_of(row.fate)),
                                                row.app,
                                                row.out_trade_no,
                                                row.trade_no,
                                                row.out_request_no,
                                                row.line ? std::to_string(*row.line) : "",
                                                row.billed ? row.billed->to_yuan() : "",
                                                row.ours ? row.ours->to_yuan() : "",
                                                row.status,
                                                row.detail};
    std::string line;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        line += (i == 0 ? "" : ",") + csv_field(fields[i]);
    }
    return line + "\r\n";
}

}  // namespace

ReportForm report_form_from(std::string_view name) {
    if (name == "json") return ReportForm::json;
    if (name == "csv") return ReportForm::csv;
    TOLLGATE_CHECK(name == "text");
    return ReportForm::text;
}

std::string to_text(const Report& report) {
    const ComparisonCounts& counts = report.counts;
    std::string text = "Reconciliation " + report.reconciliation.id + ": merchant " +
                       report.reconciliation.day.seller_id + ", day " +
                       report.reconciliation.day.date + "\n\n";
    text += "  " + padded("", 22) + right("count", 10) + right("yuan", 18) + "\n";
    text += count_line("bill: payments", counts.bill_payments);
    text += count_line("bill: refunds", counts.bill_refunds);
    text += count_line("ledger: payments", counts.ledger_payments);
    text += count_line("ledger: refunds", counts.ledger_refunds);
    text += "\n  " + std::to_string(counts.matched) + " lines agree; " +
            std::to_string(counts.settled_by_neighbour) +
            " of the day's payments and refunds stood in a neighbouring day's bill.\n";
    if (!report.has_fund_bill) text += "  Without a fund bill: fees were not compared.\n";
    text += "\n";
    for (std::size_t i = 0; i < kBillClasses; ++i) {
        const auto bill_class = static_cast<BillClass>(i);
        if (counts.classes[i].count == 0) continue;
        text += count_line(name_of(bill_class), counts.classes[i]);
        text += rows_of_class(report, bill_class);
    }
    text += "\n  " + std::to_string(report.count_of(Fate::repaired)) + " repaired, " +
            std::to_string(report.count_of(Fate::opened)) + " differences opened, " +
            std::to_string(report.count_of(Fate::known)) + " open from before, " +
            std::to_string(report.count_of(Fate::settled)) + " settled since, " +
            std::to_string(report.count_of(Fate::kept)) + " kept for the neighbouring day, " +
            std::to_string(report.count_of(Fate::foreign)) + " foreign.\n";
    if (report.rows_left_out > 0) {
        text += "  " + std::to_string(report.rows_left_out) +
                " rows beyond the first are not in this report; the ledger has them all.\n";
    }
    return text;
}

std::string to_json(const Report& report) {
    const auto list = [](const auto& items, auto write) {
        std::string json = "[";
        for (const auto& item : items) {
            if (json.size() > 1) json += ',';
            write(json, item);
        }
        return json + "]";
    };
    return JsonRow()
        .text("reconciliation", report.reconciliation.id)
        .text("seller_id", report.reconciliation.day.seller_id)
        .text("bill_date", report.reconciliation.day.date)
        .maybe("bill_sha256", report.reconciliation.bill_sha256.value_or(""))
        .raw("has_fund_bill",
             [&](std::string& json) { json += report.has_fund_bill ? "true" : "false"; })
        .raw("summary", [&](std::string& json) { json += summary_json(report); })
        .raw("rows",
             [&](std::string& json) {
                 json += list(report.rows, [](std::string& into, const ReportRow& row) {
                     into += row_json(row);
                 });
             })
        .number("rows_left_out", report.rows_left_out)
        .end();
}

std::string to_csv(const Report& report) {
    std::string csv =
        "class,fate,app,out_trade_no,trade_no,out_request_no,bill_line,billed_amount,our_amount,"
        "our_status,detail\r\n";
    for (const ReportRow& row : report.rows) csv += csv_line(row);
    return csv;
}

std::string render(const Report& report, ReportForm form) {
    switch (form) {
        case ReportForm::text: return to_text(report);
        case ReportForm::json: return to_json(report) + "\n";
        case ReportForm::csv: return to_csv(report);
    }
    TOLLGATE_CHECK(false);
    return {};
}

}  // namespace tollgate::gateway::reconcile
