#pragma once

#include <unordered_map>

#include "base/sqlite.h"

namespace tollgate::ledger {

// The statements of one connection, each prepared when it is first asked for.
class StatementCache {
public:
    explicit StatementCache(Database& db) : db_(db) {}

    // `sql` is told apart by its address: a literal, or a text that lives as long as the cache.
    // The statement is ready for its bindings.
    Result<Statement*> get(const char* sql) {
        const auto found = statements_.find(sql);
        if (found != statements_.end()) return &found->second.again();
        TOLLGATE_TRY(auto statement, db_.prepare(sql));
        return &statements_.emplace(sql, std::move(statement)).first->second;
    }

private:
    Database& db_;
    std::unordered_map<const char*, Statement> statements_;
};

}  // namespace tollgate::ledger
