#include "ledger/postgres_export.h"

#include <filesystem>
#include <set>
#include <system_error>

#include "base/sqlite.h"
#include "ledger/migrations.h"
#include "ledger/postgres_migrate.h"
#include "ledger/sqlite_store.h"

namespace tollgate::ledger {
namespace {

struct FileColumn {
    std::string name;
    bool is_blob = false;
};

// Where PostgreSQL spells a column in another way: in a file an event's row is its number.
std::string postgres_column(const CommonTable& table, const FileColumn& column) {
    if (std::string_view(table.name) == "event" && column.name == "id") {
        return "coalesce(publication, (SELECT last FROM publication)"
               " + row_number() OVER (PARTITION BY publication IS NULL ORDER BY id))";
    }
    return column.name;
}

class Export {
public:
    Export(std::unique_ptr<PostgresConnection> from, Database to, const CopyProgress& progress)
        : from_(std::move(from)), to_(std::move(to)), progress_(progress) {}

    Result<std::vector<CopiedTable>> run() {
        TOLLGATE_DO(from_->have_patience());
        TOLLGATE_DO(from_->run_script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
        TOLLGATE_DO(to_.run("BEGIN IMMEDIATE"));
        std::vector<CopiedTable> copied;
        for (const CommonTable& table : kCommonTables) {
            TOLLGATE_DO(copy(table));
            TOLLGATE_TRY(auto compared, compare(table));
            copied.push_back(std::move(compared));
        }
        TOLLGATE_DO(copy_mark("publication"));
        TOLLGATE_DO(copy_mark("removed_events"));
        // The file must be whole without its log.
        TOLLGATE_DO(to_.run("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)"));
        return copied;
    }

private:
    // Statements are told apart by the addresses of their texts: kept until the end.
    const char* keep(std::string sql) {
        texts_.push_back(std::make_unique<std::string>(std::move(sql)));
        return texts_.back()->c_str();
    }
    Result<PostgresRows> ask_kept(const char* sql) {
        auto outcome = from_->run({{sql, {}}});
        if (outcome.error) return *std::move(outcome.error);
        return std::move(outcome.rows.front());
    }
    Result<PostgresRows> ask(std::string sql) { return ask_kept(keep(std::move(sql))); }

    // A table of one row that says how far something has come.
    Result<Done> copy_mark(const std::string& table) {
        TOLLGATE_TRY(const auto last, ask("SELECT last FROM " + table));
        TOLLGATE_TRY(auto update, to_.prepare("UPDATE " + table + " SET last = ?"));
        return update.bind(1, last[0].integer(0)).run();
    }

    // Those that both have: the file numbers rows of some tables that are not numbered here.
    Result<std::vector<FileColumn>> columns_of(const CommonTable& table) {
        TOLLGATE_TRY(const auto rows,
                     ask(std::string("SELECT column_name FROM information_schema.columns WHERE"
                                     " table_schema = current_schema() AND table_name = '") +
                         table.name + "'"));
        std::set<std::string, std::less<>> there;
        for (int i = 0; i < rows.size(); ++i) there.insert(rows[i].text(0));
        TOLLGATE_TRY(auto select, to_.prepare("SELECT name, type FROM pragma_table_info(?)"));
        select.bind(1, table.name);
        std::vector<FileColumn> columns;
        for (;;) {
            TOLLGATE_TRY(const bool found, select.step());
            if (!found) return columns;
            FileColumn column{.name = select.text(0), .is_blob = select.view(1) == "BLOB"};
            if (there.contains(column.name)) columns.push_back(std::move(column));
        }
    }

    Result<Done> copy(const CommonTable& table) {
        TOLLGATE_TRY(const auto columns, columns_of(table));
        const std::string name = table.name;
        std::string select;
        std::string into;
        std::string places;
        for (const FileColumn& column : columns) {
            const std::string comma = select.empty() ? "" : ", ";
            select += comma + postgres_column(table, column);
            into += comma + column.name;
            places += comma + "?";
        }
        // A row that the schema brings along (an endpoint's counter, say) is not in these tables.
        TOLLGATE_TRY(auto insert, to_.prepare("INSERT INTO " + name + " (" + into + ") VALUES (" +
                                              places + ")"));
        TOLLGATE_TRY(
            [[maybe_unused]] const auto declared,
            ask("DECLARE of_" + name + " NO SCROLL CURSOR FOR SELECT " + select + " FROM " + name));
        return copy_rows(table, columns, insert);
    }

    Result<Done> copy_rows(const CommonTable& table, const std::vector<FileColumn>& columns,
                           Statement& insert) {
        const char* const fetch = keep("FETCH " + std::to_string(kRowsCopiedAtOnce) + " FROM of_" +
                                       std::string(table.name));
        for (std::int64_t copied = 0;;) {
            TOLLGATE_TRY(const auto rows, ask_kept(fetch));
            if (rows.empty()) return Done{};
            for (int i = 0; i < rows.size(); ++i) {
                TOLLGATE_DO(copy_row(columns, rows[i], insert));
            }
            copied += rows.size();
            progress_(table.name, copied);
        }
    }

    // The columns' types turn the texts into numbers.
    Result<Done> copy_row(const std::vector<FileColumn>& columns, const PostgresRow& row,
                          Statement& insert) {
        std::vector<std::string> blobs;
        blobs.reserve(columns.size());
        insert.again();
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const int column = static_cast<int>(i);
            if (row.is_null(column)) continue;
            if (columns[i].is_blob) {
                blobs.push_back(row.bytes(column));
                insert.bind_blob(column + 1, blobs.back());
            } else {
                insert.bind(column + 1, row.view(column));
            }
        }
        return insert.run();
    }

    Result<CopiedTable> compare(const CommonTable& table) {
        TOLLGATE_TRY(auto select, to_.prepare(table.question()));
        TOLLGATE_TRY(const bool found, select.step());
        TOLLGATE_TRY(const auto there, ask(table.question()));
        CopiedTable copied{.name = table.name};
        if (found) {
            copied.rows = select.integer(0);
            copied.fen = select.integer(1);
        }
        if (copied.rows != there[0].integer(0) || copied.fen != there[0].integer(1)) {
            return Error(ErrorCode::data_corruption,
                         "the copy of " + copied.name + " does not agree");
        }
        return copied;
    }

    std::unique_ptr<PostgresConnection> from_;
    Database to_;
    const CopyProgress& progress_;
    std::vector<std::unique_ptr<std::string>> texts_;
};

Result<std::vector<CopiedTable>> copy_into(const std::string& file, const PostgresAddress& address,
                                           Clock& clock, const CopyProgress& progress) {
    TOLLGATE_TRY(auto from, PostgresConnection::open(address));
    TOLLGATE_DO(check_postgres_schema(*from, postgres_migrations()));
    // Makes the schema, holds the file, and leaves no log beside it when it is closed.
    TOLLGATE_TRY(const auto held, open_sqlite_store({.file = file}, clock));
    TOLLGATE_TRY(auto to, Database::open(file, Database::Mode::read_write));
    return Export(std::move(from), std::move(to), progress).run();
}

void remove_ledger(const std::string& file) {
    std::error_code ignored;
    for (const char* end : {"", "-wal", "-shm", ".lock"}) {
        std::filesystem::remove(file + end, ignored);
    }
}

}  // namespace

Result<std::vector<CopiedTable>> export_sqlite(const PostgresAddress& address,
                                               const std::string& sqlite_file, Clock& clock,
                                               const CopyProgress& progress) {
    if (std::filesystem::exists(sqlite_file)) {
        return Error(ErrorCode::conflict, sqlite_file + " exists");
    }
    const std::string unfinished = sqlite_file + ".unfinished";
    remove_ledger(unfinished);
    auto copied = copy_into(unfinished, address, clock, progress);
    std::error_code failed;
    if (copied) std::filesystem::rename(unfinished, sqlite_file, failed);
    remove_ledger(unfinished);
    if (failed) {
        return Error(ErrorCode::unavailable, sqlite_file + ": " + failed.message())
            .because("storage_unavailable");
    }
    return copied;
}

}  // namespace tollgate::ledger
