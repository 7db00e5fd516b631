#include "ledger/postgres_partitions.h"

#include <array>
#include <cstdio>

namespace tollgate::ledger {

struct PostgresPartitions::Table {
    const char* name;
    const char* time;    // The column that it is partitioned by.
    const char* wanted;  // Which rows stay, however old.
};

namespace {

constexpr int kRowsAtOnce = 1'000;

std::chrono::year_month month_of(Timestamp time) {
    const auto day = std::chrono::floor<std::chrono::days>(
        std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(time.ms)));
    const std::chrono::year_month_day date(day);
    return date.year() / date.month();
}

Timestamp begin_of(std::chrono::year_month month) {
    const std::chrono::sys_days day = month / 1;
    return {std::chrono::duration_cast<std::chrono::milliseconds>(day.time_since_epoch()).count()};
}

// "_202611": what a month's partition is called behind its table's name.
std::string ending_of(std::chrono::year_month month) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "_%04d%02u", static_cast<int>(month.year()),
                  static_cast<unsigned>(month.month()));
    return text.data();
}

std::optional<std::chrono::year_month> month_of_name(std::string_view name) {
    if (name.size() < 7 || name[name.size() - 7] != '_') return std::nullopt;
    int number = 0;
    for (const char digit : name.substr(name.size() - 6)) {
        if (digit < '0' || digit > '9') return std::nullopt;
        number = number * 10 + (digit - '0');
    }
    const std::chrono::year_month month{std::chrono::year(number / 100),
                                        std::chrono::month(static_cast<unsigned>(number % 100))};
    return month.ok() ? std::optional(month) : std::nullopt;
}

}  // namespace

Result<Done> PostgresPartitions::turn(Timestamp now, const PartitionAges& ages) {
    static constexpr Table kBodies{"notification_body", "received_ms",
                                   "EXISTS (SELECT 1 FROM difference WHERE difference.notification"
                                   " = old.notification AND difference.status = 'open')"};
    static constexpr Table kAttempts{"attempt", "started_ms",
                                     "EXISTS (SELECT 1 FROM delivery WHERE delivery.id ="
                                     " old.delivery AND delivery.status = 'pending')"};
    if (connection_ == nullptr || connection_->is_lost() || !connection_->is_alive()) {
        TOLLGATE_TRY(connection_, door_.open());
        TOLLGATE_DO(run("SET lock_timeout = '500ms'; SET statement_timeout = '60s'"));
    }
    TOLLGATE_DO(turn_table(kBodies, now, ages.bodies_before));
    return turn_table(kAttempts, now, ages.attempts_before);
}

// Each step is a transaction of its own, and given up when somebody else is at it.
Result<Done> PostgresPartitions::turn_table(const Table& table, Timestamp now,
                                            std::optional<Timestamp> before) {
    const auto month = month_of(now);
    TOLLGATE_DO(make(table, begin_of(month)));
    TOLLGATE_DO(make(table, begin_of(month + std::chrono::months(1))));
    if (!before) return Done{};
    TOLLGATE_DO(drop_old(table, *before));
    return drop_old_rest(table, *before);
}

Result<Done> PostgresPartitions::make(const Table& table, Timestamp begin) {
    const std::string parent = table.name;
    const auto month = month_of(begin);
    const std::string name = parent + ending_of(month);
    TOLLGATE_TRY(const auto there, ask("SELECT to_regclass('" + name + "') IS NULL"));
    if (there[0].view(0) != "t") return Done{};
    const std::string from = std::to_string(begin.ms);
    const std::string to = std::to_string(begin_of(month + std::chrono::months(1)).ms);
    const std::string time = table.time;
    // What came before its partition did moves over.
    return run(
        "DO $$ BEGIN IF pg_try_advisory_xact_lock(hashtext('tollgate partitions')) AND"
        " to_regclass('" +
        name +
        "') IS NULL THEN"
        " CREATE TABLE " +
        name + " (LIKE " + parent +
        " INCLUDING DEFAULTS);"
        " WITH moved AS (DELETE FROM " +
        parent + "_rest WHERE " + time + " >= " + from + " AND " + time + " < " + to +
        " RETURNING *) INSERT INTO " + name +
        " SELECT * FROM moved;"
        " ALTER TABLE " +
        parent + " ATTACH PARTITION " + name + " FOR VALUES FROM (" + from + ") TO (" + to +
        "); END IF; END $$");
}

Result<Done> PostgresPartitions::drop_old(const Table& table, Timestamp before) {
    const std::string parent = table.name;
    TOLLGATE_TRY(const auto parts, ask("SELECT inhrelid::regclass::text FROM pg_inherits"
                                       " WHERE inhparent = '" +
                                       parent + "'::regclass ORDER BY 1"));
    for (int i = 0; i < parts.size(); ++i) {
        const std::string name = parts[i].text(0);
        const auto month = month_of_name(name);
        if (!month || begin_of(*month + std::chrono::months(1)).ms > before.ms) continue;
        TOLLGATE_DO(
            run("DO $$ BEGIN IF pg_try_advisory_xact_lock(hashtext('tollgate partitions'))"
                " AND to_regclass('" +
                name +
                "') IS NOT NULL THEN"
                " ALTER TABLE " +
                parent + " DETACH PARTITION " + name +
                ";"
                " INSERT INTO " +
                parent + " SELECT * FROM " + name + " old WHERE " + table.wanted + "; DROP TABLE " +
                name + "; END IF; END $$"));
    }
    return Done{};
}

Result<Done> PostgresPartitions::drop_old_rest(const Table& table, Timestamp before) {
    const std::string rest = std::string(table.name) + "_rest";
    return run("DELETE FROM " + rest + " WHERE ctid IN (SELECT ctid FROM " + rest + " old WHERE " +
               table.time + " < " + std::to_string(before.ms) + " AND NOT " + table.wanted +
               " LIMIT " + std::to_string(kRowsAtOnce) + " FOR UPDATE SKIP LOCKED)");
}

// Texts that are made here are prepared under no name: each would stay at the server for good.
Result<PostgresRows> PostgresPartitions::ask(const std::string& sql) {
    return connection_->ask_script(sql.c_str());
}

Result<Done> PostgresPartitions::run(const std::string& script) {
    return connection_->run_script(script.c_str());
}

}  // namespace tollgate::ledger
