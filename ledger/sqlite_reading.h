#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "base/sqlite.h"
#include "ledger/books.h"

namespace tollgate::ledger {

// The statements of one connection, each prepared when it is first asked for.
class StatementCache {
public:
    explicit StatementCache(Database& db) : db_(db) {}

    // `sql` is told apart by its address: a literal, or a text that lives as long as the cache.
    // The statement is ready for its bindings.
    Result<Statement*> get(const char* sql);

private:
    Database& db_;
    std::unordered_map<const char*, Statement> statements_;
};

// Reading over one SQLite connection: a snapshot of its own each call, or the transaction that is
// open on it. One thread at a time.
class SqliteReading final : public Reading {
public:
    explicit SqliteReading(Database& borrowed) : statements_(borrowed) {}
    explicit SqliteReading(std::unique_ptr<Database> owned)
        : owned_(std::move(owned)), statements_(*owned_) {}

    Result<std::optional<Payment>> payment_by_id(std::string_view id) override;
    Result<std::optional<Payment>> payment_by_number(std::string_view app,
                                                     std::string_view out_trade_no) override;
    Result<std::optional<Payment>> payment_by_trade_no(std::string_view trade_no) override;
    Result<std::vector<Payment>> payments_of_order(std::string_view app, std::string_view order,
                                                   int limit) override;
    Result<PaymentRequest> request_of(const Payment& payment) override;
    Result<std::vector<TransitionRecord>> history_of(const Payment& payment) override;
    Result<std::optional<SeenNotification>> notification(std::string_view app,
                                                         std::string_view notify_id) override;
    Result<std::optional<IdempotencyRecord>> idempotency(std::string_view caller,
                                                         std::string_view key) override;

private:
    std::unique_ptr<Database> owned_;  // Before the statements: it must outlive them.
    StatementCache statements_;
};

}  // namespace tollgate::ledger
