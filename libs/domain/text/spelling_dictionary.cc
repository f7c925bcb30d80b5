#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "libs/base/bytes.h"
#include "libs/domain/text/spelling.h"
#include "libs/domain/text/unicode.h"

// How a dictionary is made, saved and loaded.
namespace kontor::text {
namespace {

constexpr uint64_t kMagic = 0x316C65707374786BULL;  // "kxtspel1"

bool OfLetters(absl::string_view word) { return !word.empty() && std::none_of(word.begin(), word.end(), IsDigit); }

void SortUnique(auto& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

void Count(absl::Span<const uint32_t> ids, std::vector<uint32_t>& counts) {
  for (uint32_t id : ids) {
    if (id >= counts.size()) counts.resize(id + 1, 0);
    ++counts[id];
  }
}

void WriteStrings(const std::vector<std::string>& texts, base::ByteWriter& writer) {
  std::string all;
  for (const std::string& text : texts) all.append(text).push_back('\n');
  writer.String(all);
}

std::vector<std::string> ReadStrings(base::ByteReader& reader) {
  const std::string all = reader.String();
  std::vector<std::string> texts;
  for (size_t at = 0; at < all.size();) {
    const size_t end = std::min(all.find('\n', at), all.size());
    texts.push_back(all.substr(at, end - at));
    at = end + 1;
  }
  return texts;
}

}  // namespace

uint32_t SpellingDictionary::Builder::Id(absl::string_view text, absl::flat_hash_map<std::string, uint32_t>& ids,
                                         std::vector<std::string>& texts) {
  const auto [found, added] = ids.try_emplace(text, static_cast<uint32_t>(texts.size()));
  if (added) texts.emplace_back(text);
  return found->second;
}

void SpellingDictionary::Builder::Add(absl::Span<const Token> tokens) {
  document_words_.clear();
  document_terms_.clear();
  document_pairs_.clear();
  uint32_t before = kNone, position = 0;
  for (const Token& token : tokens) {
    if (token.kind != Token::Kind::kWord && token.kind != Token::Kind::kMeasure) continue;
    if (!OfLetters(token.word) || !OfLetters(token.term)) continue;
    const uint32_t term = Id(token.term, term_ids_, terms_);
    const uint32_t word = Id(token.word, word_ids_, words_);
    if (word == word_terms_.size()) word_terms_.push_back(term);
    document_words_.push_back(word);
    document_terms_.push_back(term);
    if (token.extra) continue;
    if (before != kNone && token.position == position + 1)
      document_pairs_.push_back(static_cast<uint64_t>(before) << 32 | word);
    before = word;
    position = token.position;
  }
  SortUnique(document_words_);
  SortUnique(document_terms_);
  SortUnique(document_pairs_);
  Count(document_words_, word_documents_);
  Count(document_terms_, term_documents_);
  if (documents_++ % stride_ != 0) return;
  sample_.push_back(document_terms_);
  sample_pairs_.push_back(document_pairs_);
  if (sample_.size() > kSampleMax) Halve();
}

// Keeps every second document of the sample.
void SpellingDictionary::Builder::Halve() {
  for (size_t i = 0; 2 * i < sample_.size(); ++i) {
    if (i > 0) {
      sample_[i] = std::move(sample_[2 * i]);
      sample_pairs_[i] = std::move(sample_pairs_[2 * i]);
    }
  }
  sample_.resize((sample_.size() + 1) / 2);
  sample_pairs_.resize(sample_.size());
  stride_ *= 2;
}

void SpellingDictionary::Builder::AddKnown(absl::string_view word) {
  if (!word.empty()) known_.emplace_back(word);
}

std::shared_ptr<const SpellingDictionary> SpellingDictionary::Builder::Build() && {
  std::shared_ptr<SpellingDictionary> dictionary(new SpellingDictionary());
  SpellingDictionary& to = *dictionary;
  to.documents_ = documents_;
  to.sampled_ = static_cast<uint32_t>(sample_.size());
  to.words_ = std::move(words_);
  to.terms_ = std::move(terms_);
  to.word_documents_ = std::move(word_documents_);
  to.word_terms_ = std::move(word_terms_);
  to.term_documents_ = std::move(term_documents_);
  for (std::string& word : known_) to.known_.insert(std::move(word));

  to.offsets_.assign(to.terms_.size() + 1, 0);
  for (const auto& terms : sample_) {
    for (uint32_t term : terms) ++to.offsets_[term + 1];
  }
  for (size_t i = 1; i < to.offsets_.size(); ++i) to.offsets_[i] += to.offsets_[i - 1];
  to.postings_.resize(to.offsets_.back());
  std::vector<uint64_t> next(to.offsets_.begin(), to.offsets_.end() - 1);
  for (size_t document = 0; document < sample_.size(); ++document) {
    for (uint32_t term : sample_[document]) to.postings_[next[term]++] = static_cast<uint32_t>(document);
  }
  sample_ = {};

  std::vector<uint64_t> pairs;
  for (const auto& some : sample_pairs_) pairs.insert(pairs.end(), some.begin(), some.end());
  sample_pairs_ = {};
  std::sort(pairs.begin(), pairs.end());
  for (size_t at = 0; at < pairs.size();) {
    const size_t end = std::upper_bound(pairs.begin() + at, pairs.end(), pairs[at]) - pairs.begin();
    to.pairs_.push_back(pairs[at]);
    to.pair_documents_.push_back(static_cast<uint32_t>(end - at));
    at = end;
  }
  to.Finish();
  return dictionary;
}

void SpellingDictionary::Finish() {
  word_ids_.reserve(words_.size());
  term_ids_.reserve(terms_.size());
  for (size_t i = 0; i < words_.size(); ++i) word_ids_.emplace(words_[i], static_cast<uint32_t>(i));
  for (size_t i = 0; i < terms_.size(); ++i) term_ids_.emplace(terms_[i], static_cast<uint32_t>(i));
  letters_.resize(words_.size());
  std::vector<bool> use(words_.size());
  for (size_t i = 0; i < words_.size(); ++i) {
    use[i] = word_documents_[i] >= 2;
    if (use[i]) Decode(words_[i], letters_[i]);
  }
  deletes_ = SymmetricDeletes(letters_, use);
}

size_t SpellingDictionary::memory_bytes() const {
  size_t bytes = deletes_.memory_bytes() + (postings_.size() + 4 * words_.size()) * sizeof(uint32_t) +
                 pairs_.size() * (sizeof(uint64_t) + sizeof(uint32_t));
  for (const auto& letters : letters_) bytes += sizeof(letters) + letters.capacity() * sizeof(char32_t);
  return bytes +
         (words_.size() + terms_.size()) * (sizeof(std::string) + sizeof(absl::string_view) + 2 * sizeof(uint32_t));
}

std::string SpellingDictionary::Save() const {
  base::ByteWriter writer;
  writer.Value(kMagic);
  writer.Value(documents_);
  writer.Value(sampled_);
  WriteStrings(words_, writer);
  WriteStrings(terms_, writer);
  std::vector<std::string> known(known_.begin(), known_.end());
  std::sort(known.begin(), known.end());
  WriteStrings(known, writer);
  writer.Array(word_documents_);
  writer.Array(word_terms_);
  writer.Array(term_documents_);
  writer.Array(offsets_);
  writer.Array(postings_);
  writer.Array(pairs_);
  writer.Array(pair_documents_);
  return std::move(writer).Take();
}

absl::StatusOr<std::shared_ptr<const SpellingDictionary>> SpellingDictionary::Load(absl::string_view bytes) {
  base::ByteReader reader(bytes);
  std::shared_ptr<SpellingDictionary> dictionary(new SpellingDictionary());
  SpellingDictionary& to = *dictionary;
  reader.Require(reader.Value<uint64_t>() == kMagic, "no spelling dictionary");
  to.documents_ = reader.Value<uint32_t>();
  to.sampled_ = reader.Value<uint32_t>();
  to.words_ = ReadStrings(reader);
  to.terms_ = ReadStrings(reader);
  for (std::string& word : ReadStrings(reader)) to.known_.insert(std::move(word));
  to.word_documents_ = reader.Array<uint32_t>();
  to.word_terms_ = reader.Array<uint32_t>();
  to.term_documents_ = reader.Array<uint32_t>();
  to.offsets_ = reader.Array<uint64_t>();
  to.postings_ = reader.Array<uint32_t>();
  to.pairs_ = reader.Array<uint64_t>();
  to.pair_documents_ = reader.Array<uint32_t>();
  if (reader.status().ok()) {
    const size_t words = to.words_.size(), terms = to.terms_.size();
    reader.Require(to.word_documents_.size() == words && to.word_terms_.size() == words &&
                       to.term_documents_.size() == terms && to.pairs_.size() == to.pair_documents_.size() &&
                       to.sampled_ <= to.documents_ && reader.AtEnd(),
                   "a spelling dictionary's tables do not fit together");
    reader.RequireOffsets(to.offsets_, terms, to.postings_.size());
    reader.RequireBelow(to.word_terms_, terms);
    reader.RequireBelow(to.postings_, to.sampled_);
    reader.Require(std::is_sorted(to.pairs_.begin(), to.pairs_.end()), "a spelling dictionary's pairs are not sorted");
    const auto too_long = [](const std::string& word) { return word.empty() || word.size() > 64; };
    reader.Require(std::none_of(to.words_.begin(), to.words_.end(), too_long),
                   "a spelling dictionary's word is too long");
  }
  if (!reader.status().ok()) return reader.status();
  to.Finish();
  return dictionary;
}

}  // namespace kontor::text
