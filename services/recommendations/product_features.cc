#include "services/recommendations/product_features.h"

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace kontor::recommendations {
namespace {

constexpr size_t kMaxWords = 20;  // of a title, the first ones

// Letters and digits of any script but ASCII's other signs, in lower case; single ones say nothing.
std::vector<std::string> WordsOf(absl::string_view title) {
  std::vector<std::string> words;
  std::string word;
  const auto end = [&] {
    if (word.size() > 1 && words.size() < kMaxWords) words.push_back(word);
    word.clear();
  };
  for (const char c : title) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80) {
      word.push_back(absl::ascii_tolower(static_cast<unsigned char>(c)));
    } else {
      end();
    }
  }
  end();
  return words;
}

// Two bands an octave.
std::string BandOf(const ItemPrice& price) {
  return absl::StrCat(price.currency, "/", std::lround(2 * std::log2(static_cast<double>(price.price))));
}

}  // namespace

std::vector<Term> FeatureTerms(const ItemFact& fact, absl::string_view title) {
  std::vector<Term> terms;
  const auto add = [&](Term term) {
    if (term != 0) terms.push_back(term);
  };
  for (const Term category : fact.categories) add(category);
  add(fact.brand);
  for (const Term attribute : fact.attributes) add(attribute);
  for (const std::string& word : WordsOf(title)) add(AttributeTerm("word of the title", word));
  for (const ItemPrice& price : fact.prices) {
    if (price.price > 0) add(AttributeTerm("price band", BandOf(price)));
  }
  return terms;
}

uint32_t FeatureNumbers::Intern(Term term) {
  const auto [found, fresh] = numbers_.try_emplace(term, static_cast<uint32_t>(terms_.size()));
  if (fresh) terms_.push_back(term);
  return found->second;
}

std::vector<uint32_t> FeatureNumbers::InternAll(absl::Span<const Term> terms) {
  std::vector<uint32_t> out;
  for (const Term term : terms) out.push_back(Intern(term));
  return out;
}

std::vector<uint32_t> FeatureNumbers::FindAll(absl::Span<const Term> terms) const {
  std::vector<uint32_t> out;
  for (const Term term : terms) {
    if (const auto found = numbers_.find(term); found != numbers_.end()) out.push_back(found->second);
  }
  return out;
}

}  // namespace kontor::recommendations
