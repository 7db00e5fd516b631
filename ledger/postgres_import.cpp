#include "ledger/postgres_import.h"

#include "base/sqlite.h"
#include "ledger/migrations.h"
#include "ledger/postgres_migrate.h"
#include "ledger/sqlite_store.h"

namespace tollgate::ledger {
namespace {

// What counts numbers must go on behind what was copied.
constexpr const char* kGoOn =
    "SELECT setval('payment_row', (SELECT coalesce(max(id), 0) + 1 FROM payment)),"
    " setval('notification_row', (SELECT coalesce(max(id), 0) + 1 FROM notification));"
    " UPDATE endpoint_change SET last = (SELECT coalesce(max(version), 0) FROM endpoint);"
    " DO $$ DECLARE named record; BEGIN FOR named IN SELECT table_name FROM"
    " information_schema.columns WHERE table_schema = current_schema() AND is_identity = 'YES'"
    " AND table_name <> 'writer' LOOP EXECUTE format('SELECT setval(pg_get_serial_sequence(%L,"
    " ''id''), (SELECT coalesce(max(id), 0) + 1 FROM %I))', named.table_name, named.table_name);"
    " END LOOP; END $$";

struct Column {
    std::string name;
    std::string type;
};

// Where SQLite spells a column in another way.
std::string sqlite_column(const CommonTable& table, const std::string& column) {
    const std::string_view name = table.name;
    // There an event's row is its number, once the watermark has passed it.
    if (name == "event" && column == "publication") {
        return "CASE WHEN id <= (SELECT last FROM publication) THEN id END";
    }
    if (name == "idempotency" && (column == "headers" || column == "body")) {
        return "coalesce(" + column + ", '')";
    }
    return column;
}

std::string hex_of(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text = "\\x";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 0xFU];
    }
    return text;
}

// Adds one member to the text of a PostgreSQL array.
void append_member(std::string& array, const std::optional<std::string>& text) {
    if (array.size() > 1) array += ',';
    if (!text) {
        array += "NULL";
        return;
    }
    array += '"';
    for (const char c : *text) {
        if (c == '"' || c == '\\') array += '\\';
        array += c;
    }
    array += '"';
}

class Import {
public:
    Import(Database from, std::unique_ptr<PostgresConnection> to, const CopyProgress& progress)
        : from_(std::move(from)), to_(std::move(to)), progress_(progress) {}

    Result<std::vector<CopiedTable>> run() {
        TOLLGATE_DO(to_->have_patience());
        TOLLGATE_DO(to_->run_script("BEGIN"));
        TOLLGATE_DO(demand_emptiness());
        std::vector<CopiedTable> imported;
        for (const CommonTable& table : kCommonTables) {
            TOLLGATE_DO(copy(table));
            TOLLGATE_TRY(auto compared, compare(table));
            imported.push_back(std::move(compared));
        }
        TOLLGATE_DO(to_->run_script(kGoOn));
        TOLLGATE_DO(copy_mark("publication"));
        TOLLGATE_DO(copy_mark("removed_events"));
        TOLLGATE_DO(to_->run_script("COMMIT"));
        return imported;
    }

private:
    // Statements are told apart by the addresses of their texts: kept until the end.
    const char* keep(std::string sql) {
        texts_.push_back(std::make_unique<std::string>(std::move(sql)));
        return texts_.back()->c_str();
    }
    Result<PostgresRows> ask(std::string sql) { return ask_with(keep(std::move(sql)), {}); }
    Result<PostgresRows> ask_with(const char* sql, std::vector<PostgresValue> values) {
        auto outcome = to_->run({{sql, std::move(values)}});
        if (outcome.error) return *std::move(outcome.error);
        return std::move(outcome.rows.front());
    }

    // A table of one row that says how far something has come.
    Result<Done> copy_mark(const std::string& table) {
        TOLLGATE_TRY(auto select, from_.prepare("SELECT last FROM " + table));
        TOLLGATE_TRY(const bool found, select.step());
        const std::string last = std::to_string(found ? select.integer(0) : 0);
        TOLLGATE_TRY([[maybe_unused]] const auto set,
                     ask("UPDATE " + table + " SET last = " + last));
        return Done{};
    }

    Result<Done> demand_emptiness() {
        for (const CommonTable& table : kCommonTables) {
            TOLLGATE_TRY(const auto rows,
                         ask(std::string("SELECT 1 FROM ") + table.name + " LIMIT 1"));
            if (rows.empty()) continue;
            return Error(ErrorCode::failed_precondition,
                         std::string("there is a ledger already: the table ") + table.name +
                             " is not empty");
        }
        return Done{};
    }

    Result<std::vector<Column>> columns_of(const CommonTable& table) {
        TOLLGATE_TRY(const auto rows,
                     ask(std::string("SELECT column_name, data_type FROM"
                                     " information_schema.columns WHERE table_schema ="
                                     " current_schema() AND table_name = '") +
                         table.name + "' ORDER BY ordinal_position"));
        std::vector<Column> columns;
        for (int i = 0; i < rows.size(); ++i) {
            columns.push_back({.name = rows[i].text(0), .type = rows[i].text(1)});
        }
        return columns;
    }

    Result<Done> copy(const CommonTable& table) {
        TOLLGATE_TRY(const auto columns, columns_of(table));
        std::string select = "SELECT ";
        std::string insert = std::string("INSERT INTO ") + table.name + " (";
        std::string casts;
        std::string arrays;
        std::string names;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const std::string comma = i == 0 ? "" : ", ";
            const std::string place = std::to_string(i + 1);
            select += comma + sqlite_column(table, columns[i].name);
            insert += comma + columns[i].name;
            casts += comma + "c" + place + "::" + columns[i].type;
            arrays += comma + "$" + place + "::text[]";
            names += comma + "c" + place;
        }
        insert += ") OVERRIDING SYSTEM VALUE SELECT " + casts + " FROM unnest(" + arrays +
                  ") AS given (" + names + ")";
        return copy_rows(table, columns, select + " FROM " + table.name, keep(std::move(insert)));
    }

    Result<Done> copy_rows(const CommonTable& table, const std::vector<Column>& columns,
                           const std::string& select_sql, const char* insert) {
        TOLLGATE_TRY(auto select, from_.prepare(select_sql));
        std::int64_t copied = 0;
        for (bool more = true; more;) {
            std::vector<std::string> arrays(columns.size(), "{");
            int rows = 0;
            while (rows < kRowsCopiedAtOnce) {
                TOLLGATE_TRY(more, select.step());
                if (!more) break;
                for (std::size_t i = 0; i < columns.size(); ++i) {
                    auto text = select.optional_text(static_cast<int>(i));
                    if (text && columns[i].type == "bytea") text = hex_of(*text);
                    append_member(arrays[i], text);
                }
                ++rows;
            }
            if (rows == 0) break;
            std::vector<PostgresValue> values;
            for (const std::string& array : arrays) values.emplace_back(array + "}");
            TOLLGATE_DO(ask_with(insert, std::move(values)));
            copied += rows;
            progress_(table.name, copied);
        }
        return Done{};
    }

    Result<CopiedTable> compare(const CommonTable& table) {
        const std::string question = table.question();
        TOLLGATE_TRY(auto select, from_.prepare(question));
        TOLLGATE_TRY(const bool found, select.step());
        TOLLGATE_TRY(const auto there, ask(question));
        const bool agree = found && select.integer(0) == there[0].integer(0) &&
                           select.integer(1) == there[0].integer(1);
        if (!agree) {
            return Error(ErrorCode::data_corruption,
                         std::string("the copy of ") + table.name + " does not agree");
        }
        return CopiedTable{
            .name = table.name, .rows = there[0].integer(0), .fen = there[0].integer(1)};
    }

    Database from_;
    std::unique_ptr<PostgresConnection> to_;
    const CopyProgress& progress_;
    std::vector<std::unique_ptr<std::string>> texts_;
};

}  // namespace

Result<std::vector<CopiedTable>> import_sqlite(const std::string& sqlite_file,
                                               const PostgresAddress& address, Clock& clock,
                                               const CopyProgress& progress) {
    // Brings it up to date, and nobody else may write while this is held.
    TOLLGATE_TRY(const auto held, open_sqlite_store({.file = sqlite_file}, clock));
    TOLLGATE_TRY(auto from, Database::open(sqlite_file, Database::Mode::read_only));
    TOLLGATE_TRY(auto to, PostgresConnection::open(address));
    TOLLGATE_DO(migrate_postgres(*to, postgres_migrations(), clock.now()));
    return Import(std::move(from), std::move(to), progress).run();
}

}  // namespace tollgate::ledger
