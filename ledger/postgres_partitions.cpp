#include "ledger/postgres_partitions.h"

#include <array>
#include <cstdio>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace tollgate::ledger {

struct PostgresPartitions::Table {
    const char* name;
    const char* time;    // The column that it is partitioned by.
    const char* of;      // The column that says what it is about.
    const char* wanted;  // Which rows stay, however old.
};

namespace {

constexpr int kRowsAtOnce = 1'000;  // Of those in no month's partition: an old ledger's, imported.
constexpr int kStepsAtOnce = 100;

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

using Words = std::initializer_list<std::pair<std::string_view, std::string>>;

// A script with each "{word}" replaced: names of tables are no values that could be bound.
std::string filled(std::string script, const Words& words) {
    for (const auto& [word, text] : words) {
        const std::string place = "{" + std::string(word) + "}";
        for (auto at = script.find(place); at != std::string::npos; at = script.find(place, at)) {
            script.replace(at, place.size(), text);
            at += text.size();
        }
    }
    return script;
}

// What came before its partition did moves over.
constexpr const char* kMake = R"(DO $$ BEGIN
    IF pg_try_advisory_xact_lock(hashtext('tollgate partitions')) AND to_regclass('{name}') IS NULL THEN
        CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS);
        WITH moved AS (DELETE FROM {table}_rest WHERE {time} >= {from} AND {time} < {to} RETURNING *)
            INSERT INTO {name} SELECT * FROM moved;
        ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({from}) TO ({to});
    END IF;
END $$)";

// What is still wanted moves out; it is looked for before the lock that everybody who writes waits
// for.
constexpr const char* kDrop = R"(DO $$ DECLARE kept bigint[]; BEGIN
    IF pg_try_advisory_xact_lock(hashtext('tollgate partitions')) AND to_regclass('{name}') IS NOT NULL THEN
        kept := ARRAY(SELECT DISTINCT {of} FROM {name} old WHERE {wanted});
        ALTER TABLE {table} DETACH PARTITION {name};
        INSERT INTO {table} SELECT * FROM {name} WHERE {of} = ANY (kept);
        DROP TABLE {name};
    END IF;
END $$)";

constexpr const char* kDropOfRest = R"(DELETE FROM {table}_rest WHERE ctid IN
    (SELECT ctid FROM {table}_rest old WHERE {time} < {before} AND NOT {wanted}
     LIMIT {rows} FOR UPDATE SKIP LOCKED))";

constexpr const char* kPartitions =
    "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = '{table}'::regclass"
    " ORDER BY 1";

}  // namespace

Result<Done> PostgresPartitions::turn(Timestamp now, const PartitionAges& ages) {
    static constexpr Table kBodies{"notification_body", "received_ms", "notification",
                                   "EXISTS (SELECT 1 FROM difference WHERE difference.notification"
                                   " = old.notification AND difference.status = 'open')"};
    static constexpr Table kAttempts{"attempt", "started_ms", "delivery",
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
    const auto month = month_of(begin);
    const std::string name = table.name + ending_of(month);
    TOLLGATE_TRY(const auto there, ask("SELECT to_regclass('" + name + "') IS NULL"));
    if (there[0].view(0) != "t") return Done{};
    const Timestamp end = begin_of(month + std::chrono::months(1));
    return run(filled(kMake, {{"name", name},
                              {"table", table.name},
                              {"time", table.time},
                              {"from", std::to_string(begin.ms)},
                              {"to", std::to_string(end.ms)}}));
}

Result<Done> PostgresPartitions::drop_old(const Table& table, Timestamp before) {
    TOLLGATE_TRY(const auto parts, ask(filled(kPartitions, {{"table", table.name}})));
    for (int i = 0; i < parts.size(); ++i) {
        const std::string name = parts[i].text(0);
        const auto month = month_of_name(name);
        if (!month || begin_of(*month + std::chrono::months(1)).ms > before.ms) continue;
        TOLLGATE_DO(run(filled(
            kDrop,
            {{"name", name}, {"table", table.name}, {"of", table.of}, {"wanted", table.wanted}})));
    }
    return Done{};
}

Result<Done> PostgresPartitions::drop_old_rest(const Table& table, Timestamp before) {
    const std::string sql = filled(kDropOfRest, {{"table", table.name},
                                                 {"time", table.time},
                                                 {"before", std::to_string(before.ms)},
                                                 {"wanted", table.wanted},
                                                 {"rows", std::to_string(kRowsAtOnce)}});
    for (int steps = 0; steps < kStepsAtOnce; ++steps) {
        TOLLGATE_TRY(const auto dropped, ask(sql));
        if (dropped.changed() < kRowsAtOnce) break;
    }
    return Done{};
}

// Texts that are made here are prepared under no name: each would stay at the server for good.
Result<PostgresRows> PostgresPartitions::ask(const std::string& sql) {
    return connection_->ask_script(sql.c_str());
}

Result<Done> PostgresPartitions::run(const std::string& script) {
    return connection_->run_script(script.c_str());
}

}  // namespace tollgate::ledger
