// What a bill's text may say, cut into pieces anywhere.
#include <algorithm>

#include "base/check.h"
#include "gateway/bill/bill_reader.h"
#include "gateway/bill/bill_table.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace tollgate;  // NOLINT(google-build-using-namespace): a fuzzer.
using namespace tollgate::gateway::bill;

struct Outcome {
    Result<Done> done;
    BillTable table;
};

Outcome read_in_pieces(std::string_view input, std::size_t piece) {
    static const BillOrder kOrder{.seller_id = "2088000000000001",
                                  .day = *BeijingDay::parse("2026-11-10")};
    Outcome outcome{.done = Done{}, .table = {}};
    BillReader reader(kOrder, outcome.table);
    outcome.done = reader.begin("bill");
    for (std::size_t at = 0; outcome.done && at < input.size(); at += piece) {
        outcome.done = reader.take(input.substr(at, piece));
    }
    if (outcome.done) outcome.done = reader.end();
    if (outcome.done) outcome.done = reader.result();
    if (outcome.done) outcome.done = outcome.table.sort();
    TOLLGATE_CHECK(outcome.done || !outcome.done.error().message().empty());
    return outcome;
}

}  // namespace

void fuzz(std::string_view input) {
    const Outcome whole = read_in_pieces(input, std::max<std::size_t>(input.size(), 1));
    // Where the pieces end is no part of what is said.
    const Outcome pieces = read_in_pieces(input, 7);
    TOLLGATE_CHECK(whole.done.has_value() == pieces.done.has_value());
    if (!whole.done) {
        TOLLGATE_CHECK(whole.done.error().message() == pieces.done.error().message());
        return;
    }
    TOLLGATE_CHECK(whole.table.lines().size() == pieces.table.lines().size());
    for (const KeptLine& line : whole.table.lines()) {
        TOLLGATE_CHECK(line.amount_fen >= 0 && line.received_fen >= 0 && line.fee_fen >= 0);
        TOLLGATE_CHECK(!whole.table.trade_no(line).empty());
        const auto same = whole.table.lines_of(whole.table.out_trade_no(line));
        TOLLGATE_CHECK(&line >= same.data() && &line < same.data() + same.size());
    }
}
