#pragma once

#include <cctype>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace tollgate::testing {

// Prometheus' text format (0.0.4), read as strictly as it is written down: whatever is odd fails
// the test and names the line.
class PrometheusText {
public:
    struct Sample {
        std::string name;
        std::map<std::string, std::string> labels;
        std::string value;
    };
    struct Family {
        std::string type;
        std::string help;
        std::vector<Sample> samples;
    };

    explicit PrometheusText(const std::string& text) {
        EXPECT_TRUE(text.ends_with('\n')) << "the last line has no end";
        std::size_t at = 0;
        while (at < text.size()) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            read_line(text.substr(at, end - at));
            at = end + 1;
        }
        for (const auto& [name, family] : families_) check(name, family);
    }

    const std::map<std::string, Family>& families() const { return families_; }

    // The family that a name in a question belongs to: a histogram's stands there with a suffix.
    const Family* family_of(std::string name) const {
        if (const auto found = families_.find(name); found != families_.end()) {
            return found->second.type == "histogram" ? nullptr : &found->second;
        }
        name = without_suffix(name);
        const auto found = families_.find(name);
        return found == families_.end() || found->second.type != "histogram" ? nullptr
                                                                             : &found->second;
    }

    // The value of the one sample with all these labels; nothing when there is none.
    std::optional<std::string> value(const std::string& name,
                                     const std::map<std::string, std::string>& labels = {}) const {
        const Family* family = family_of(name);
        if (family == nullptr) return std::nullopt;
        std::optional<std::string> found;
        for (const Sample& sample : family->samples) {
            bool all = sample.name == name;
            for (const auto& [label, value] : labels) {
                const auto has = sample.labels.find(label);
                all = all && has != sample.labels.end() && has->second == value;
            }
            if (!all) continue;
            EXPECT_FALSE(found) << name << ": two samples have these labels";
            found = sample.value;
        }
        return found;
    }

private:
    static bool is_name(std::string_view name) {
        if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) {
            return false;
        }
        for (const char c : name) {
            if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') return false;
        }
        return true;
    }

    static std::string without_suffix(const std::string& name) {
        for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
            if (name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size());
        }
        return name;
    }

    void read_line(const std::string& line) {
        if (line.starts_with("# HELP ") || line.starts_with("# TYPE ")) return read_comment(line);
        ASSERT_FALSE(line.empty() || line.front() == '#') << line;
        Sample sample;
        std::size_t at = line.find_first_of("{ ");
        ASSERT_NE(at, std::string::npos) << line;
        sample.name = line.substr(0, at);
        ASSERT_TRUE(is_name(sample.name)) << line;
        if (line[at] == '{') {
            ASSERT_NO_FATAL_FAILURE(read_labels(line, at, sample));
        }
        ASSERT_EQ(line.at(at), ' ') << line;
        sample.value = line.substr(at + 1);
        std::size_t used = 0;
        ASSERT_NO_THROW(static_cast<void>(std::stold(sample.value, &used))) << line;
        ASSERT_EQ(used, sample.value.size()) << line;
        ASSERT_FALSE(last_.empty()) << "no TYPE before " << line;
        Family& family = families_[last_];
        const bool suffixed = family.type == "histogram" && without_suffix(sample.name) == last_ &&
                              sample.name != last_;
        ASSERT_TRUE(family.type == "histogram" ? suffixed : sample.name == last_) << line;
        ASSERT_TRUE(seen_.insert(line.substr(0, at)).second) << "twice: " << line;
        family.samples.push_back(std::move(sample));
    }

    void read_comment(const std::string& line) {
        const std::size_t space = line.find(' ', 7);
        ASSERT_NE(space, std::string::npos) << line;
        const std::string name = line.substr(7, space - 7);
        const std::string rest = line.substr(space + 1);
        ASSERT_TRUE(is_name(name)) << line;
        if (line[2] == 'H') {
            ASSERT_FALSE(families_.contains(name)) << "a second time: " << line;
            families_[name].help = rest;
        } else {
            ASSERT_TRUE(last_ == name || families_[name].type.empty()) << line;
            ASSERT_TRUE(rest == "counter" || rest == "gauge" || rest == "histogram") << line;
            families_[name].type = rest;
        }
        last_ = name;
    }

    static void read_labels(const std::string& line, std::size_t& at, Sample& sample) {
        ++at;
        while (line.at(at) != '}') {
            const std::size_t equals = line.find('=', at);
            ASSERT_NE(equals, std::string::npos) << line;
            const std::string label = line.substr(at, equals - at);
            ASSERT_TRUE(is_name(label)) << line;
            ASSERT_EQ(line.at(equals + 1), '"') << line;
            std::string value;
            for (at = equals + 2; line.at(at) != '"'; ++at) {
                if (line[at] == '\\') ++at;
                value += line.at(at);
            }
            ++at;
            ASSERT_TRUE(sample.labels.emplace(label, value).second) << line;
            if (line.at(at) == ',') ++at;
        }
        ++at;
    }

    static void check(const std::string& name, const Family& family) {
        EXPECT_FALSE(family.type.empty()) << name << " has no TYPE";
        EXPECT_GT(family.help.size(), 10U) << name << " has no HELP";
        EXPECT_EQ(family.type == "counter", name.ends_with("_total")) << name;
        if (family.type == "histogram") check_histogram(name, family);
    }

    static void check_histogram(const std::string& name, const Family& family) {
        std::map<std::map<std::string, std::string>, long long> last;
        std::map<std::map<std::string, std::string>, long long> infinite;
        for (const Sample& sample : family.samples) {
            auto labels = sample.labels;
            if (sample.name == name + "_bucket") {
                const std::string bound = labels["le"];
                labels.erase("le");
                const long long count = std::stoll(sample.value);
                EXPECT_GE(count, last[labels]) << name << ": buckets must not shrink";
                last[labels] = count;
                if (bound == "+Inf") infinite[labels] = count;
            }
        }
        for (const Sample& sample : family.samples) {
            if (sample.name != name + "_count") continue;
            ASSERT_TRUE(infinite.contains(sample.labels)) << name << " lacks its last bucket";
            EXPECT_EQ(infinite[sample.labels], std::stoll(sample.value)) << name;
        }
    }

    std::map<std::string, Family> families_;
    std::set<std::string> seen_;
    std::string last_;
};

}  // namespace tollgate::testing
