#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/preauthorisation.h"
#include "ledger/records.h"

namespace tollgate::ledger {

// What can be asked about pre-authorisations; see Reading.
class PreauthReading {
public:
    virtual ~PreauthReading() = default;

    virtual Result<std::optional<Preauthorisation>> one(std::string_view app,
                                                        std::string_view out_auth_no) = 0;
    virtual Result<std::optional<Preauthorisation>> by_row(RowId row) = 0;
    // Those of these that there are, as they stand: nobody is waited for, and nothing is held.
    virtual Result<std::vector<Preauthorisation>> as_they_stand(const std::vector<RowId>& rows) = 0;
    virtual Result<std::vector<TransitionRecord>> history_of(const Preauthorisation& preauth) = 0;
};

// The writing half. Every call belongs to a unit of work; isolation and errors as in Books.
class PreauthBooks {
public:
    virtual ~PreauthBooks() = default;

    // Gives preauth.row. Errors: conflict when its number is taken, by the app or by its seller.
    virtual Result<Done> add(Preauthorisation& preauth, const Origin& origin) = 0;
    // As RefundBooks::change. Errors: stale_version.
    virtual Result<Done> change(Preauthorisation& preauth, Preauthorisation next,
                                const Origin& origin, Timestamp now) = 0;
    // As Books::claim_due_payments.
    virtual Result<std::vector<Preauthorisation>> claim_due(Timestamp now, Timestamp until,
                                                            int limit) = 0;
};

}  // namespace tollgate::ledger
