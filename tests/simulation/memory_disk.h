#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/simulation/dice.h"

namespace tollgate::simulation {

// A file of the simulated disk, as the two that look at it see it: a program, which reads what it
// wrote, and the platter, which has only what was synced. Nearly always the platter is what the
// program sees without its changes since the last sync; so what these covered is kept, and the
// platter itself is made only when somebody wants it.
class DiskFile {
public:
    DiskFile() = default;
    // For looking at: its platter is empty.
    explicit DiskFile(std::string bytes) : bytes_(std::move(bytes)) {}

    const std::string& bytes() const { return bytes_; }

    // Without a platter nothing is kept apart: for a disk whose power never fails.
    void lose_platter() { has_platter_ = false; }

    void write(std::int64_t at, std::string_view bytes);
    void truncate(std::int64_t size);
    // What was written before is on the platter.
    void sync();
    // A sync that failed, as Linux does it: of the pages that waited, some made it and the others
    // are forgotten, though a reader still sees them. A later sync does not bring them back.
    void fail_sync(Dice& dice);
    // The power fails: what was not synced is kept, lost or torn, write by write.
    void lose_power(Dice& dice);

    std::size_t unsynced() const { return changes_.size(); }

private:
    // Its bytes are those that stand in bytes_, until somebody writes over them: then it gets its
    // own first. Hardly ever, for SQLite seldom writes to a place twice before it syncs.
    struct Change {
        std::int64_t at = 0;
        std::size_t size = 0;
        bool is_truncation = false;  // To the size `at`.
        bool has_own = false;
        std::string own;
        std::size_t size_before = 0;  // The file's,
        std::string covered;          // and what stood in its place. Both while platter_ is none.
    };

    static void apply(std::string& image, std::int64_t at, std::string_view bytes);
    static void resize(std::string& image, std::int64_t size);
    std::string_view bytes_of(const Change& change) const;
    void cover(Change& change, std::int64_t end) const;
    std::string platter() const;
    void keep(std::string& image, const Change& change) const;
    void keep_what_stands(std::int64_t from, std::int64_t to);
    std::string keep_some(Dice& dice);
    void forget_changes();

    bool has_platter_ = true;
    std::string bytes_;
    // Since a sync has failed, and a reader sees what is not there.
    std::optional<std::string> platter_;
    std::vector<Change> changes_;   // Since the last sync, in their order.
    std::int64_t changes_end_ = 0;  // None of them reaches further.
};

// Which kind of operation a trouble hits.
enum class DiskTrouble { none, full, write_error, sync_error };

// The files of one simulated machine. They outlive the process that writes them; how much of them
// depends on how it ends. Names are told apart as they are; there are no folders.
class MemoryDisk {
public:
    explicit MemoryDisk(Dice dice) : dice_(dice) {}

    // From now on the power never fails and every sync works, so that nothing need be kept apart.
    // Before the first file is opened.
    void never_loses() { never_loses_ = true; }

    // nullptr when there is none.
    std::shared_ptr<DiskFile> find(const std::string& name) const;
    std::shared_ptr<DiskFile> open(const std::string& name);
    void remove(const std::string& name) { files_.erase(name); }

    // From the `nth` write (or sync) on, `times` of them fail.
    void fail(DiskTrouble trouble, int nth, int times);
    void heal() { trouble_ = DiskTrouble::none; }
    bool in_trouble() const { return trouble_ != DiskTrouble::none && times_ > 0; }

    // Asked before each write and sync; true: the process dies in it.
    void on_touch(std::function<bool()> dies) { dies_ = std::move(dies); }

    // Nothing reaches the disk any more: the process that still runs on is dead already.
    void freeze() { frozen_ = true; }
    bool frozen() const { return frozen_; }
    bool takes_writes() const { return !frozen_ && !only_to_read_; }
    // A new process may write. `power_lost`: the machine went down with the old one.
    void restart(bool power_lost);

    // What becomes of the next write or sync.
    enum class Fate { well, fails_full, fails, dies, frozen };
    Fate next_write() { return next(DiskTrouble::write_error); }
    Fate next_sync() { return next(DiskTrouble::sync_error); }
    Dice& dice() { return dice_; }

    struct Counters {
        std::uint64_t writes = 0;
        std::uint64_t syncs = 0;
        std::uint64_t failures = 0;  // Those of the two that were made to fail.
    };
    const Counters& counters() const { return counters_; }

    // A disk that begins with the same files, for runs that all begin alike. Nothing may be open.
    void copy_from(const MemoryDisk& other);
    // What a reader of the other one sees, and nothing of how it came about. Nothing can be written
    // here, unless `to_write`.
    enum class Look { to_read, to_write };
    void look_like(const MemoryDisk& other, Look look);

private:
    Fate next(DiskTrouble kind);

    Dice dice_;
    std::map<std::string, std::shared_ptr<DiskFile>> files_;
    std::function<bool()> dies_;
    DiskTrouble trouble_ = DiskTrouble::none;
    int nth_ = 0;
    int times_ = 0;
    bool frozen_ = false;
    bool only_to_read_ = false;
    bool never_loses_ = false;
    Counters counters_;
};

}  // namespace tollgate::simulation
