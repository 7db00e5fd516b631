#include "tests/support/faulty_disk.h"

#include <cstring>
#include <string_view>

namespace tollgate::testing {
namespace {

// Our file: SQLite's header, whose disk it is on, and the real file behind.
struct FaultyFile {
    sqlite3_file base;
    FaultyDisk* disk;  // nullptr for files that never fail.
    bool is_log;
    sqlite3_file* real;
};

sqlite3_vfs* real_vfs() {
    return sqlite3_vfs_find(nullptr);
}

FaultyFile* ours(sqlite3_file* file) {
    return reinterpret_cast<FaultyFile*>(file);
}

sqlite3_file* real(sqlite3_file* file) {
    return ours(file)->real;
}

const sqlite3_io_methods kMethods = {
    2,
    [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); },
    [](sqlite3_file* f, void* bytes, int size, sqlite3_int64 at) {
        return real(f)->pMethods->xRead(real(f), bytes, size, at);
    },
    [](sqlite3_file* f, const void* bytes, int size, sqlite3_int64 at) {
        const int code = ours(f)->is_log ? ours(f)->disk->on_write() : SQLITE_OK;
        return code == SQLITE_OK ? real(f)->pMethods->xWrite(real(f), bytes, size, at) : code;
    },
    [](sqlite3_file* f, sqlite3_int64 size) { return real(f)->pMethods->xTruncate(real(f), size); },
    [](sqlite3_file* f, int flags) {
        const int code =
            ours(f)->disk == nullptr ? SQLITE_OK : ours(f)->disk->on_sync(ours(f)->is_log);
        return code == SQLITE_OK ? real(f)->pMethods->xSync(real(f), flags) : code;
    },
    [](sqlite3_file* f, sqlite3_int64* size) {
        return real(f)->pMethods->xFileSize(real(f), size);
    },
    [](sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); },
    [](sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); },
    [](sqlite3_file* f, int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); },
    [](sqlite3_file* f, int op, void* arg) {
        return real(f)->pMethods->xFileControl(real(f), op, arg);
    },
    [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); },
    [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); },
    [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
        return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
    },
    [](sqlite3_file* f, int offset, int n, int flags) {
        return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
    },
    [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); },
    [](sqlite3_file* f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); },
    nullptr,
    nullptr,
};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    FaultyFile* const mine = ours(file);
    mine->real = reinterpret_cast<sqlite3_file*>(mine + 1);
    mine->is_log = (flags & SQLITE_OPEN_WAL) != 0;
    const bool may_fail = mine->is_log || (flags & SQLITE_OPEN_MAIN_DB) != 0;
    mine->disk = may_fail ? static_cast<FaultyDisk*>(vfs->pAppData) : nullptr;
    const int code = real_vfs()->xOpen(real_vfs(), name, mine->real, flags, out_flags);
    mine->base.pMethods = mine->real->pMethods == nullptr ? nullptr : &kMethods;
    return code;
}

}  // namespace

FaultyDisk::FaultyDisk()
    : name_("faulty-" + std::to_string(reinterpret_cast<std::uintptr_t>(this))) {
    vfs_ = *real_vfs();
    vfs_.pNext = nullptr;
    vfs_.zName = name_.c_str();
    vfs_.pAppData = this;
    vfs_.szOsFile = static_cast<int>(sizeof(FaultyFile)) + real_vfs()->szOsFile;
    vfs_.xOpen = open_file;
    sqlite3_vfs_register(&vfs_, 0);
}

FaultyDisk::~FaultyDisk() {
    sqlite3_vfs_unregister(&vfs_);
}

void FaultyDisk::fail(Fault fault, int nth, int times) {
    countdown_ = nth;
    strikes_left_ = times;
    fault_ = fault;
}

int FaultyDisk::strike(int code) {
    if (countdown_ > 1) {
        --countdown_;
        return SQLITE_OK;
    }
    if (strikes_left_ <= 0) return SQLITE_OK;
    --strikes_left_;
    return code;
}

int FaultyDisk::on_write() {
    if (fault_ == Fault::full) return strike(SQLITE_FULL);
    if (fault_ == Fault::write_error) return strike(SQLITE_IOERR_WRITE);
    return SQLITE_OK;
}

int FaultyDisk::on_sync(bool of_log) {
    const Fault failing = of_log ? Fault::sync_error : Fault::file_sync_error;
    return fault_ == failing ? strike(SQLITE_IOERR_FSYNC) : SQLITE_OK;
}

}  // namespace tollgate::testing
