#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <curl/curl.h>

namespace tollgate::transport {

// Ownership of libcurl's C handles.

struct EndEasy {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using CurlEasy = std::unique_ptr<CURL, EndEasy>;

struct EndMulti {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
using CurlMulti = std::unique_ptr<CURLM, EndMulti>;

struct EndUrl {
    void operator()(CURLU* handle) const { curl_url_cleanup(handle); }
};
using CurlUrl = std::unique_ptr<CURLU, EndUrl>;

struct EndText {
    void operator()(char* text) const { curl_free(text); }
};
using CurlText = std::unique_ptr<char, EndText>;

// Header lines in order, as libcurl takes them. It only reads the list: so all lines stand in one
// text, which is used again and again, where libcurl's own list takes memory twice for each line.
class CurlHeaders {
public:
    void clear() {
        text_.clear();
        begins_.clear();
    }
    void add(std::string_view name, std::string_view separator, std::string_view value = {}) {
        begins_.push_back(text_.size());
        text_.append(name).append(separator).append(value).push_back('\0');
    }
    // Good until the next change.
    curl_slist* get() {
        lines_.resize(begins_.size());
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            lines_[i].data = text_.data() + begins_[i];
            lines_[i].next = i + 1 < lines_.size() ? &lines_[i + 1] : nullptr;
        }
        return lines_.empty() ? nullptr : lines_.data();
    }

private:
    std::string text_;
    std::vector<std::size_t> begins_;  // Of each line in it.
    std::vector<curl_slist> lines_;
};

}  // namespace tollgate::transport
