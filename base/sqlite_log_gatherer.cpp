#include "base/sqlite_log_gatherer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "base/check.h"

namespace tollgate {
namespace {

// A large transaction must not keep all of its pages twice.
constexpr std::size_t kGatheredMax = std::size_t{1} << 20U;
// The system's VFS takes a size modulo 128 KiB, and a write of nothing for a full disk.
constexpr std::size_t kPieceMax = std::size_t{1} << 16U;

// The log as SQLite sees it: its header, the file of the VFS below (behind us in the same
// allocation), and what is still to be written there.
struct LogFile {
    sqlite3_file head{};
    sqlite3_file* real = nullptr;
    std::string gathered;
    sqlite3_int64 from = 0;  // Where its first byte belongs.

    int write_out() {
        int code = SQLITE_OK;
        for (std::size_t done = 0; done < gathered.size() && code == SQLITE_OK;) {
            const std::size_t size = std::min(kPieceMax, gathered.size() - done);
            code = real->pMethods->xWrite(real, gathered.data() + done, static_cast<int>(size),
                                          from + static_cast<sqlite3_int64>(done));
            done += size;
        }
        // After an error SQLite gives the transaction up, and writes these places anew.
        gathered.clear();
        return code;
    }
};

LogFile& log_of(sqlite3_file* file) {
    return *reinterpret_cast<LogFile*>(file);
}

sqlite3_file* real_of(sqlite3_file* file) {
    return log_of(file).real;
}

int close_log(sqlite3_file* file) {
    LogFile& log = log_of(file);
    // What is left belongs to no commit.
    const int code = log.real->pMethods->xClose(log.real);
    std::destroy_at(&log);
    return code;
}

int read_log(sqlite3_file* file, void* bytes, int size, sqlite3_int64 at) {
    if (const int code = log_of(file).write_out(); code != SQLITE_OK) return code;
    return real_of(file)->pMethods->xRead(real_of(file), bytes, size, at);
}

int write_log(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
    LogFile& log = log_of(file);
    const auto end = log.from + static_cast<sqlite3_int64>(log.gathered.size());
    if (at != end || log.gathered.size() >= kGatheredMax) {
        if (const int code = log.write_out(); code != SQLITE_OK) return code;
    }
    if (log.gathered.empty()) log.from = at;
    log.gathered.append(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
    return SQLITE_OK;
}

int truncate_log(sqlite3_file* file, sqlite3_int64 size) {
    if (const int code = log_of(file).write_out(); code != SQLITE_OK) return code;
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

int sync_log(sqlite3_file* file, int flags) {
    if (const int code = log_of(file).write_out(); code != SQLITE_OK) return code;
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}

int size_of_log(sqlite3_file* file, sqlite3_int64* size) {
    if (const int code = log_of(file).write_out(); code != SQLITE_OK) return code;
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

// Version 1: SQLite maps no memory through the log.
constexpr sqlite3_io_methods kLogMethods = {
    1,
    close_log,
    read_log,
    write_log,
    truncate_log,
    sync_log,
    size_of_log,
    [](sqlite3_file* f, int level) { return real_of(f)->pMethods->xLock(real_of(f), level); },
    [](sqlite3_file* f, int level) { return real_of(f)->pMethods->xUnlock(real_of(f), level); },
    [](sqlite3_file* f, int* out) {
        return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
    },
    [](sqlite3_file* f, int op, void* argument) {
        return real_of(f)->pMethods->xFileControl(real_of(f), op, argument);
    },
    [](sqlite3_file* f) { return real_of(f)->pMethods->xSectorSize(real_of(f)); },
    [](sqlite3_file* f) { return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f)); },
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    sqlite3_vfs* const base = static_cast<LogGatherer::Vfs*>(vfs)->base;
    // Only the log is ours; the ledger itself, its locks and its shared memory are not touched.
    if ((flags & SQLITE_OPEN_WAL) == 0) return base->xOpen(base, name, file, flags, out_flags);
    auto* const log = ::new (static_cast<void*>(file)) LogFile;
    log->real = reinterpret_cast<sqlite3_file*>(log + 1);
    log->real->pMethods = nullptr;
    const int code = base->xOpen(base, name, log->real, flags, out_flags);
    if (log->real->pMethods == nullptr) {
        std::destroy_at(log);
        file->pMethods = nullptr;  // There is nothing to close.
    } else {
        log->head.pMethods = &kLogMethods;
    }
    return code;
}

}  // namespace

LogGatherer::LogGatherer(const char* base)
    : name_("gathering-" + std::to_string(reinterpret_cast<std::uintptr_t>(this))) {
    sqlite3_vfs* const under = sqlite3_vfs_find(base);
    TOLLGATE_CHECK(under != nullptr);
    // Its functions find what they need in pAppData, whichever VFS they are called through.
    static_cast<sqlite3_vfs&>(vfs_) = *under;
    vfs_.base = under;
    vfs_.zName = name_.c_str();
    vfs_.szOsFile += static_cast<int>(sizeof(LogFile));
    vfs_.xOpen = open_file;
    TOLLGATE_CHECK(sqlite3_vfs_register(&vfs_, 0) == SQLITE_OK);
}

LogGatherer::~LogGatherer() {
    sqlite3_vfs_unregister(&vfs_);
}

}  // namespace tollgate
