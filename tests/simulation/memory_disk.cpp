#include "tests/simulation/memory_disk.h"

#include <algorithm>
#include <utility>

namespace tollgate::simulation {
namespace {

constexpr std::size_t kSectorBytes = 512;
// A file grows by so much at least, for to grow is to copy it.
constexpr std::size_t kGrowth = 1 << 20;

// The sectors of a write reach the platter each for itself.
template <typename Visit>
void for_each_sector(std::int64_t at, std::string_view bytes, Visit visit) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const std::size_t in_sector = (static_cast<std::size_t>(at) + done) % kSectorBytes;
        const std::size_t size = std::min(kSectorBytes - in_sector, bytes.size() - done);
        visit(at + static_cast<std::int64_t>(done), bytes.substr(done, size));
        done += size;
    }
}

}  // namespace

void DiskFile::apply(std::string& image, std::int64_t offset, std::string_view bytes) {
    const auto at = static_cast<std::size_t>(offset);
    // A hole that was never written reads as zeros.
    if (image.size() < at) image.resize(at, '\0');
    const std::size_t over = std::min(image.size() - at, bytes.size());
    bytes.copy(image.data() + at, over);
    if (image.size() + bytes.size() > image.capacity()) {
        image.reserve(std::max(kGrowth, image.capacity() * 2));
    }
    image.append(bytes.substr(over));
}

void DiskFile::resize(std::string& image, std::int64_t size) {
    image.resize(static_cast<std::size_t>(size), '\0');
}

std::string_view DiskFile::bytes_of(const Change& change) const {
    // A write that was killed before its first byte may lie behind the end by now.
    if (change.has_own || change.size == 0) return change.own;
    return std::string_view(bytes_).substr(static_cast<std::size_t>(change.at), change.size);
}

// Before it is made: what it is going to cover, up to `end`.
void DiskFile::cover(Change& change, std::int64_t end) const {
    if (platter_) return;
    change.size_before = bytes_.size();
    const auto from = static_cast<std::size_t>(change.at);
    const auto to = std::min(static_cast<std::size_t>(end), bytes_.size());
    if (from < to) change.covered.assign(bytes_, from, to - from);
}

std::string DiskFile::platter() const {
    if (platter_) return *platter_;
    std::string image = bytes_;
    for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
        image.resize(change->size_before, '\0');
        if (change->covered.empty()) continue;
        image.replace(static_cast<std::size_t>(change->at), change->covered.size(),
                      change->covered);
    }
    return image;
}

void DiskFile::keep(std::string& image, const Change& change) const {
    if (change.is_truncation) return resize(image, change.at);
    apply(image, change.at, bytes_of(change));
}

void DiskFile::keep_what_stands(std::int64_t from, std::int64_t to) {
    if (from >= changes_end_) return;
    for (Change& change : changes_) {
        const auto end = change.at + static_cast<std::int64_t>(change.size);
        if (change.is_truncation || change.has_own || end <= from || change.at >= to) continue;
        change.own = bytes_of(change);
        change.has_own = true;
    }
}

void DiskFile::write(std::int64_t at, std::string_view bytes) {
    const auto end = at + static_cast<std::int64_t>(bytes.size());
    if (has_platter_) {
        keep_what_stands(at, end);
        Change& change = changes_.emplace_back();
        change.at = at;
        change.size = bytes.size();
        cover(change, end);
        changes_end_ = std::max(changes_end_, end);
    }
    apply(bytes_, at, bytes);
}

void DiskFile::truncate(std::int64_t size) {
    if (has_platter_) {
        keep_what_stands(size, changes_end_);
        Change& change = changes_.emplace_back();
        change.at = size;
        change.is_truncation = true;
        cover(change, static_cast<std::int64_t>(bytes_.size()));
    }
    resize(bytes_, size);
}

void DiskFile::forget_changes() {
    changes_.clear();
    changes_end_ = 0;
}

void DiskFile::sync() {
    if (platter_) {
        for (const Change& change : changes_) keep(*platter_, change);
    }
    forget_changes();
}

// The platter with those of the changes that have made it.
std::string DiskFile::keep_some(Dice& dice) {
    std::string kept = platter();
    // One nature for all of them, so that "all but one" and "none but one" come up, too.
    const int kept_permille = static_cast<int>(dice.below(1001));
    const int torn_permille = dice.chance(500) ? 300 : 0;
    for (const Change& change : changes_) {
        if (dice.chance(torn_permille) && !change.is_truncation) {
            for_each_sector(change.at, bytes_of(change),
                            [&](std::int64_t at, std::string_view part) {
                                if (dice.chance(500)) apply(kept, at, part);
                            });
        } else if (dice.chance(kept_permille)) {
            keep(kept, change);
        }
    }
    return kept;
}

void DiskFile::fail_sync(Dice& dice) {
    if (!has_platter_) return;
    platter_ = keep_some(dice);
    forget_changes();
}

void DiskFile::lose_power(Dice& dice) {
    bytes_ = keep_some(dice);
    platter_.reset();
    forget_changes();
}

std::shared_ptr<DiskFile> MemoryDisk::find(const std::string& name) const {
    const auto found = files_.find(name);
    return found == files_.end() ? nullptr : found->second;
}

std::shared_ptr<DiskFile> MemoryDisk::open(const std::string& name) {
    auto& file = files_[name];
    if (file == nullptr) {
        file = std::make_shared<DiskFile>();
        if (never_loses_) file->lose_platter();
    }
    return file;
}

void MemoryDisk::fail(DiskTrouble trouble, int nth, int times) {
    trouble_ = trouble;
    nth_ = nth;
    times_ = times;
}

void MemoryDisk::restart(bool power_lost) {
    frozen_ = false;
    if (!power_lost) return;
    for (auto& [name, file] : files_) file->lose_power(dice_);
}

MemoryDisk::Fate MemoryDisk::next(DiskTrouble kind) {
    if (!takes_writes()) return Fate::frozen;
    ++(kind == DiskTrouble::sync_error ? counters_.syncs : counters_.writes);
    if (dies_ && dies_()) {
        frozen_ = true;
        return Fate::dies;
    }
    const bool hit =
        trouble_ == kind || (trouble_ == DiskTrouble::full && kind == DiskTrouble::write_error);
    if (!hit) return Fate::well;
    if (nth_ > 1) {
        --nth_;
        return Fate::well;
    }
    if (times_ <= 0) return Fate::well;
    --times_;
    ++counters_.failures;
    return trouble_ == DiskTrouble::full ? Fate::fails_full : Fate::fails;
}

void MemoryDisk::look_like(const MemoryDisk& other, Look look) {
    only_to_read_ = look == Look::to_read;
    if (only_to_read_) {
        files_ = other.files_;
        return;
    }
    files_.clear();
    for (const auto& [name, file] : other.files_) {
        files_[name] = std::make_shared<DiskFile>(file->bytes());
    }
}

void MemoryDisk::copy_from(const MemoryDisk& other) {
    files_.clear();
    for (const auto& [name, file] : other.files_) {
        files_[name] = std::make_shared<DiskFile>(*file);
        if (never_loses_) files_[name]->lose_platter();
    }
}

}  // namespace tollgate::simulation
