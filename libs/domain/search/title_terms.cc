#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "libs/domain/search/features.h"

// How a title's and a query's words are read for the features.
namespace kontor::search {
namespace {

constexpr absl::string_view kQueryEnds[] = {"for", "with", "in", "to", "by"};
constexpr absl::string_view kTitleEnds[] = {"with", "for", "by", "to", "includes"};

template <size_t kCount>
bool IsOneOf(absl::string_view word, const absl::string_view (&words)[kCount]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

// Whether the bytes between two tokens end a title's head.
bool Ends(absl::string_view between) {
  return between.find_first_of(",;(") != absl::string_view::npos || absl::StrContains(between, " - ");
}

bool IsLetterOrDigit(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || static_cast<signed char>(c) < 0;
}

// Both in lower case.
bool Holds(absl::string_view title, absl::string_view word) {
  if (word.empty()) return false;
  for (size_t at = title.find(word); at != absl::string_view::npos; at = title.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || !IsLetterOrDigit(title[at - 1])) && (end == title.size() || !IsLetterOrDigit(title[end]))) {
      return true;
    }
  }
  return false;
}

}  // namespace

size_t QueryHead(absl::Span<const text::Token> tokens) {
  size_t head = 0;
  bool begun = false;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const text::Token& token = tokens[i];
    if (token.extra) continue;
    if (begun && IsOneOf(token.word, kQueryEnds)) break;
    if (token.kind == text::Token::Kind::kWord || !begun) head = i;
    begun = true;
  }
  return head;
}

size_t TitleHead(absl::string_view title, absl::Span<const text::Token> tokens) {
  uint32_t end = 0;
  size_t words = 0;
  bool number_before = false;
  for (const text::Token& token : tokens) {
    if (token.extra) continue;
    if (words > 0) {
      const bool behind = token.begin >= end && token.begin <= title.size();
      const bool unit = number_before || (token.end < title.size() && title[token.end] == '.');
      if ((behind && Ends(title.substr(end, token.begin - end))) || IsOneOf(token.word, kTitleEnds) ||
          (token.word == "in" && !unit)) {
        break;
      }
    }
    ++words;
    end = std::max(end, token.end);
    number_before = token.kind != text::Token::Kind::kWord;
  }
  return words;
}

uint64_t SurfaceMatches(absl::string_view title, absl::Span<const absl::string_view> words) {
  uint64_t out = 0;
  thread_local std::string lower;  // hundreds of titles a query
  lower.assign(title.data(), title.size());
  absl::AsciiStrToLower(&lower);
  for (size_t i = 0; i < std::min(words.size(), kMaxRankTerms); ++i) {
    if (Holds(lower, words[i])) out |= uint64_t{1} << i;
  }
  return out;
}

void TermMarks::Add(uint32_t term_number, size_t index) {
  if (index >= kMaxRankTerms || Find(term_number) != 0) return;
  if (4 * (used_ + 1) > numbers_.size()) {
    const std::vector<uint32_t> numbers = std::move(numbers_);
    const std::vector<uint8_t> marks = std::move(marks_);
    numbers_.assign(std::max<size_t>(64, 2 * numbers.size()), 0);
    marks_.assign(numbers_.size(), 0);
    used_ = 0;
    for (size_t i = 0; i < numbers.size(); ++i) {
      if (marks[i] != 0) Add(numbers[i], marks[i] - size_t{1});
    }
  }
  size_t at = (term_number * 0x9E3779B1U) & (numbers_.size() - 1);
  while (marks_[at] != 0) at = (at + 1) & (numbers_.size() - 1);
  numbers_[at] = term_number;
  marks_[at] = static_cast<uint8_t>(index + 1);
  ++used_;
}

void TermMarks::Clear() {
  std::fill(marks_.begin(), marks_.end(), uint8_t{0});
  used_ = 0;
}

uint8_t TermMarks::Find(uint32_t term_number) const {
  if (numbers_.empty()) return 0;
  for (size_t at = (term_number * 0x9E3779B1U) & (numbers_.size() - 1); marks_[at] != 0;
       at = (at + 1) & (numbers_.size() - 1)) {
    if (numbers_[at] == term_number) return marks_[at];
  }
  return 0;
}

void TermMarks::Mark(absl::Span<const uint32_t> term_numbers, std::vector<uint8_t>& marks) const {
  marks.resize(term_numbers.size());
  for (size_t i = 0; i < term_numbers.size(); ++i) marks[i] = Find(term_numbers[i]);
}

uint64_t TermMarks::Matched(absl::Span<const uint32_t> term_numbers) const {
  uint64_t out = 0;
  for (const uint32_t number : term_numbers) {
    if (const uint8_t mark = Find(number); mark != 0) out |= uint64_t{1} << (mark - 1);
  }
  return out;
}

}  // namespace kontor::search
