#include "libs/domain/text/stemmer.h"

#include <libstemmer.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "libs/domain/text/units.h"

namespace kontor::text {
namespace {

constexpr std::array<const char*, 22> kStemmers = {"ar", "da", "de", "el", "en", "es", "eu", "fi", "fr", "hu", "id",
                                                   "it", "nl", "no", "pt", "ro", "ru", "sv", "ta", "tr", "ca", "lt"};
constexpr std::array<const char*, 14> kOthers = {"bg", "cs", "et", "he", "hr", "ja", "ko",
                                                 "lv", "pl", "sk", "th", "uk", "vi", "zh"};

struct StemmerDeleter {
  void operator()(sb_stemmer* stemmer) const { sb_stemmer_delete(stemmer); }
};

// One thread's stemmer of one language, with a direct-mapped cache in front.
class CachedStemmer {
 public:
  CachedStemmer(int stemmer, bool units) : units_(units), cache_(new Entry[kEntries]()) {
    if (stemmer != kNoStemmer) stemmer_.reset(sb_stemmer_new(kStemmers[stemmer], nullptr));
  }

  absl::string_view Term(absl::string_view word) {
    if (word.size() > kBytes) return Assign(word);
    Entry& entry = cache_[Hash(word) % kEntries];
    if (entry.word_size == word.size() && std::memcmp(entry.word, word.data(), word.size()) == 0) {
      return {entry.term, entry.term_size};
    }
    const absl::string_view term = Assign(word);
    if (term.size() > kBytes) return term;
    entry.word_size = static_cast<uint8_t>(word.size());
    entry.term_size = static_cast<uint8_t>(term.size());
    std::memcpy(entry.word, word.data(), word.size());
    std::memcpy(entry.term, term.data(), term.size());
    return {entry.term, entry.term_size};
  }

 private:
  static constexpr size_t kBytes = 23;
  static constexpr size_t kEntries = 1 << 14;
  struct Entry {
    char word[kBytes];
    char term[kBytes];
    uint8_t word_size;
    uint8_t term_size;
  };

  static uint64_t Hash(absl::string_view word) {
    uint64_t hash = word.size() * 0x9E3779B97F4A7C15ULL;
    for (size_t at = 0; at < word.size(); at += 8) {
      uint64_t part = 0;
      std::memcpy(&part, word.data() + at, std::min<size_t>(8, word.size() - at));
      hash = (hash ^ part) * 0xFF51AFD7ED558CCDULL;
      hash ^= hash >> 32;
    }
    return hash;
  }

  absl::string_view Assign(absl::string_view word) {
    if (units_) {
      if (const absl::string_view name = LongUnitName(word); !name.empty()) word = name;
    }
    if (stemmer_ == nullptr) {
      term_.assign(word.data(), word.size());
      return term_;
    }
    const sb_symbol* stem =
        sb_stemmer_stem(stemmer_.get(), reinterpret_cast<const sb_symbol*>(word.data()), static_cast<int>(word.size()));
    if (stem == nullptr) {  // out of memory alone
      term_.assign(word.data(), word.size());
      return term_;
    }
    term_.assign(reinterpret_cast<const char*>(stem), sb_stemmer_length(stemmer_.get()));
    if (term_.empty()) term_.assign(word.data(), word.size());
    return term_;
  }

  const bool units_;
  std::unique_ptr<sb_stemmer, StemmerDeleter> stemmer_;
  std::unique_ptr<Entry[]> cache_;
  std::string term_;
};

}  // namespace

int StemmerOf(absl::string_view language, bool& known) {
  known = true;
  for (size_t i = 0; i < kStemmers.size(); ++i) {
    if (language == kStemmers[i]) return static_cast<int>(i);
  }
  known = false;
  for (const char* other : kOthers) known = known || language == other;
  return kNoStemmer;
}

absl::string_view TermOf(int stemmer, bool units, absl::string_view word) {
  thread_local std::array<std::unique_ptr<CachedStemmer>, (kStemmers.size() + 1) * 2> stemmers;
  std::unique_ptr<CachedStemmer>& cached = stemmers[static_cast<size_t>(stemmer + 1) * 2 + (units ? 1 : 0)];
  if (cached == nullptr) cached = std::make_unique<CachedStemmer>(stemmer, units);
  return cached->Term(word);
}

}  // namespace kontor::text
