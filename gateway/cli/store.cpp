#include "gateway/cli/store.h"

#include <cstdio>

#include <unistd.h>
#include <CLI/CLI.hpp>

#include "config/load.h"
#include "gateway/cli/backup.h"
#include "gateway/cli/exit_code.h"
#include "gateway/cli/progress.h"
#include "gateway/open_ledger.h"
#include "ledger/postgres_export.h"
#include "ledger/postgres_import.h"

namespace tollgate::gateway::cli {
namespace {

int say(const Error& error) {
    static_cast<void>(std::fprintf(stderr, "tollgate: %s\n", error.message().c_str()));
    return error.code() == ErrorCode::unavailable ? kUnavailable : kRefused;
}

// Runs `work` with the settings; the exit code.
template <typename Work>
int with_settings(const StoreCommand& order, Work work) {
    auto loaded = config::load_file(order.config_file);
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded)) {
        static_cast<void>(std::fprintf(stderr, "%s has mistakes:\n%s", order.config_file.c_str(),
                                       config::to_text(*problems).c_str()));
        return kConfig;
    }
    return work(std::get<config::Settings>(loaded));
}

// A gateway does it, too, when it starts.
int migrate(const config::StoreSettings& store) {
    const auto opened = open_ledger(store, system_clock(), nullptr);
    if (!opened) return say(opened.error());
    std::puts("the schema is this program's");
    return kDone;
}

int check(const config::StoreSettings& store) {
    if (const auto checked = check_ledger(store, system_clock()); !checked) {
        return say(checked.error());
    }
    std::puts("the ledger is there, and its schema is this program's");
    return kDone;
}

// What is shown of a ledger that was moved, whichever way; the exit code.
int show(const Result<std::vector<ledger::CopiedTable>>& copied) {
    if (!copied) return say(copied.error());
    for (const auto& table : *copied) {
        std::printf("%-28s %12lld rows", table.name.c_str(), static_cast<long long>(table.rows));
        if (table.fen != 0) std::printf(" %15lld fen", static_cast<long long>(table.fen));
        std::puts("");
    }
    std::puts("counts and sums agree on both sides");
    return kDone;
}

// `add` makes a command that takes --config.
template <typename Add>
void add_backup_commands(Add add, StoreCommand& order, int& code) {
    auto* backup = add("backup", "Copy the ledger, which may be in use, into a new file");
    backup->add_option("FILE", order.backup_file, "The file to write")->required();
    backup->callback([&order, &code] {
        code = with_settings(
            order, [&order](const auto& settings) { return back_up(settings, order.backup_file); });
    });
    auto* restoring =
        add("restore", "Put a backup in the ledger's place, guarded: money has moved since");
    restoring->add_option("FILE", order.backup_file, "The backup")->required();
    restoring->add_flag("--replace", order.replaces, "Keep the ledger that is there aside");
    restoring->callback([&order, &code] {
        code = with_settings(order, [&order](const auto& settings) {
            return restore(settings, order.backup_file, order.replaces);
        });
    });
    auto* guarding = add("guard", "Guard a ledger that another tool has restored");
    guarding->add_option("--since", order.since, "When its backup was made: 2026-11-11T08:00:00Z")
        ->required();
    guarding->callback([&order, &code] {
        code = with_settings(
            order, [&order](const auto& settings) { return guard(settings, order.since); });
    });
    auto* unguarding = add("unguard", "Say what is unsettled, and end the guard if nothing is");
    unguarding->add_flag("--yes", order.certain, "End it all the same");
    unguarding->callback([&order, &code] {
        code = with_settings(
            order, [&order](const auto& settings) { return unguard(settings, order.certain); });
    });
}

// Runs `move`, which takes the database's address, the clock and who hears of its progress.
template <typename Move>
int move_ledger(const config::StoreSettings& store, Move move) {
    if (!store.postgres) {
        static_cast<void>(std::fprintf(stderr, "tollgate: /store/postgres is not set\n"));
        return kConfig;
    }
    ProgressBar bar;
    return show(
        move(address_of(*store.postgres), system_clock(),
             [&bar](std::string_view table, std::int64_t rows) { bar.show(table, rows, 0); }));
}

}  // namespace

void add_store_commands(CLI::App& app, StoreCommand& order, int& code) {
    auto* store = app.add_subcommand("store", "Look after the ledger");
    store->require_subcommand(1);
    const auto add = [&](const char* name, const char* what) {
        auto* command = store->add_subcommand(name, what);
        command->add_option("--config", order.config_file, "The settings file")->required();
        return command;
    };
    add("migrate", "Bring its schema up to date")->callback([&order, &code] {
        code = with_settings(order, [](const auto& settings) { return migrate(settings.store); });
    });
    add("check", "See whether it can be reached and has this program's schema; changes nothing")
        ->callback([&order, &code] {
            code = with_settings(order, [](const auto& settings) { return check(settings.store); });
        });
    auto* importing = add("import",
                          "Copy a SQLite ledger, with no gateway over it, into the settings' empty "
                          "PostgreSQL database, and compare counts and sums");
    importing->add_option("--sqlite", order.sqlite_file, "The ledger's file")->required();
    importing->callback([&order, &code] {
        code = with_settings(order, [&order](const auto& settings) {
            return move_ledger(settings.store, [&order](auto&&... rest) {
                return ledger::import_sqlite(order.sqlite_file, rest...);
            });
        });
    });
    auto* exporting =
        add("export",
            "Copy the settings' PostgreSQL ledger, as it stands at this moment, into a "
            "new SQLite file, and compare counts and sums");
    exporting->add_option("--sqlite", order.sqlite_file, "The file to make")->required();
    exporting->callback([&order, &code] {
        code = with_settings(order, [&order](const auto& settings) {
            return move_ledger(settings.store, [&order](const auto& address, auto&&... rest) {
                return ledger::export_sqlite(address, order.sqlite_file, rest...);
            });
        });
    });
    add_backup_commands(add, order, code);
}

}  // namespace tollgate::gateway::cli
