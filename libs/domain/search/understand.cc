#include "libs/domain/search/understand.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "libs/domain/search/query_reader.h"
#include "libs/domain/text/units.h"

namespace kontor::search {
namespace {

using Kind = text::Token::Kind;
using Role = QueryWords::Role;
using Change = text::CorrectedText::Change;

constexpr float kStopWeight = 0.3F, kNumberWeight = 0.9F, kUnitWeight = 0.2F, kCodeWeight = 0.6F, kMeasureWeight = 0.3F;
constexpr float kCompoundWeight = 0.5F;
constexpr size_t kAlternativesMax = 16;

float WeightOf(const text::Token& token, const QueryWords& words) {
  switch (token.kind) {
    case Kind::kNumber:
      return kNumberWeight;
    case Kind::kMeasure:
      return token.extra ? kMeasureWeight : kUnitWeight;
    case Kind::kCode:
      return kCodeWeight;
    case Kind::kWord:
      return words.Is(token.word, Role::kStop) ? kStopWeight : 1;
  }
  return 1;
}

void AddAlternative(Slot& slot, std::vector<std::string> terms, float weight) {
  const bool there = std::any_of(slot.alternatives.begin(), slot.alternatives.end(),
                                 [&](const Alternative& a) { return a.terms == terms; });
  if (!there && slot.alternatives.size() < kAlternativesMax) slot.alternatives.push_back({std::move(terms), weight});
}

// The words without the punctuation that stood between those removed.
std::string PlainText(absl::string_view text) {
  std::vector<absl::string_view> words;
  for (absl::string_view word : absl::StrSplit(text, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty())) {
    const size_t begin = word.find_first_not_of(",;:?!"), end = word.find_last_not_of(",;:?!");
    if (begin == absl::string_view::npos) continue;
    word = word.substr(begin, end + 1 - begin);
    if (std::any_of(word.begin(), word.end(), [](char c) {
          return absl::ascii_isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80;
        }))
      words.push_back(word);
  }
  return absl::StrJoin(words, " ");
}

// Makes the lexical query of one understood query.
class Assembly {
 public:
  Assembly(const text::Analyzer& analyzer, const QueryUnderstanding::Knowledge& knowledge, absl::string_view query,
           absl::Span<const Change> changes, UnderstoodQuery& to)
      : analyzer_(analyzer),
        knowledge_(knowledge),
        words_(WordsOf(analyzer.options().language)),
        changes_(changes),
        query_(query),
        reader_(words_, query, analyzer.options().language == "de" || analyzer.options().language == "fr"),
        to_(to) {}

  void Run(int64_t now_us) {
    reader_.ReadPrices(to_);
    reader_.ReadPricePreference(to_);
    ReadExcluded();
    reader_.ReadFiller(to_);
    ReadOperators();
    ReadPhrases();
    const std::string remaining = reader_.Remaining();
    analyzer_.Analyze(remaining, to_.words);
    MendNumberWords();
    to_.text = PlainText(remaining);
    MakeSlots();
    ApplyChanges();
    AddCompounds();
    if (knowledge_.synonyms != nullptr) to_.synonyms = knowledge_.synonyms->Expand(terms_, now_us, slots_);
    ReadMeanings();
    Finish();
  }

 private:
  std::vector<std::string> TermsOf(absl::string_view text) const {
    std::vector<text::Token> tokens;
    analyzer_.Analyze(text, tokens);
    std::vector<std::string> terms;
    for (text::Token& token : tokens) {
      if (!token.extra) terms.push_back(std::move(token.term));
    }
    return terms;
  }

  void ReadExcluded() {
    const auto pairs = [&](absl::string_view a, absl::string_view b) {
      if (knowledge_.model == nullptr) return false;
      const std::vector<std::string> terms = TermsOf(absl::StrCat(a, " ", b));
      return terms.size() == 2 && knowledge_.model->MeaningOf(terms, 0).words == 2;
    };
    for (const QueryReader::Group& group : reader_.ReadNegations(pairs)) {
      const uint32_t begin = reader_.atoms()[group.begin].begin, end = reader_.atoms()[group.end - 1].end;
      Exclude(begin, end);
    }
  }

  void Exclude(uint32_t begin, uint32_t end) {
    std::vector<std::string> terms = TermsOf(query_.substr(begin, end - begin));
    if (terms.empty()) return;
    if (knowledge_.model != nullptr) {
      QueryModel::Meaning meaning = knowledge_.model->MeaningOf(terms, 0);
      for (Preference& preference : meaning.preferences) {
        preference.excluded = true;
        if (meaning.words == terms.size()) to_.preferences.push_back(std::move(preference));
      }
    }
    to_.pieces.push_back(
        {QueryPiece::Kind::kExcluded, begin, end, absl::StrCat("not ", query_.substr(begin, end - begin))});
    to_.lexical.excluded.push_back(std::move(terms));
  }

  // OR in capitals, between two words.
  void ReadOperators() {
    std::vector<QueryAtom>& atoms = reader_.atoms();
    for (size_t i = 0; i < atoms.size(); ++i) {
      QueryAtom& atom = atoms[i];
      if (atom.removed || atom.quoted) continue;
      if (atom.sign == '+') required_.push_back(atom.begin);
      if (i == 0 || i + 1 == atoms.size() || atoms[i - 1].removed || atoms[i + 1].removed ||
          query_.substr(atom.begin, atom.end - atom.begin) != "OR")
        continue;
      atom.removed = true;
      either_.push_back(atom.begin);
      to_.pieces.push_back({QueryPiece::Kind::kOperator, atom.begin, atom.end, "either"});
    }
  }

  void ReadPhrases() {
    for (const QueryPhrase& phrase : reader_.phrases()) {
      if (phrase.excluded) {
        Exclude(phrase.begin, phrase.end);
        continue;
      }
      std::vector<std::string> terms = TermsOf(query_.substr(phrase.begin, phrase.end - phrase.begin));
      if (terms.empty()) continue;
      to_.pieces.push_back({QueryPiece::Kind::kPhrase, phrase.begin, phrase.end, "these words together"});
      to_.lexical.phrases.push_back(std::move(terms));
    }
  }

  // "five gallon bucket" is "5 gallon bucket".
  void MendNumberWords() {
    std::vector<text::Token> mended;
    for (size_t i = 0; i < to_.words.size(); ++i) {
      text::Token& token = to_.words[i];
      const auto number = words_.numbers.find(token.word);
      const text::Token* next = i + 1 < to_.words.size() ? &to_.words[i + 1] : nullptr;
      const text::Unit* unit =
          next != nullptr && !next->extra && token.kind == Kind::kWord && !token.extra && number != words_.numbers.end()
              ? text::FindUnit(next->word, false)
              : nullptr;
      mended.push_back(std::move(token));
      if (unit == nullptr || !analyzer_.options().measures) continue;
      text::Token& value = mended.back();
      value.term = value.word = absl::StrCat(number->second);
      value.kind = Kind::kNumber;
      text::Token measure = value;
      measure.term = measure.word = absl::StrCat(value.word, unit->symbol);
      measure.kind = Kind::kMeasure;
      measure.extra = true;
      measure.end = next->end;
      to_.words[i + 1].kind = Kind::kMeasure;
      mended.push_back(std::move(measure));
    }
    to_.words = std::move(mended);
  }

  void MakeSlots() {
    for (const text::Token& token : to_.words) {
      if (!token.extra) {
        slots_.push_back({.alternatives = {{{token.term}, 1}}, .weight = WeightOf(token, words_)});
        terms_.push_back(token.term);
        main_.push_back(&token);
        continue;
      }
      const text::Token& whole = *main_.back();
      if (token.kind == Kind::kMeasure || whole.kind == Kind::kCode) {
        further_.push_back({.alternatives = {{{token.term}, 1}}, .weight = WeightOf(token, words_)});
      } else if (token.end > whole.end) {
        joined_.emplace_back(main_.size() - 1, &token);
      } else {
        // Without diacritics; or parts of a compound.
        AddAlternative(slots_.back(), {token.term},
                       token.begin == whole.begin && token.end == whole.end ? 1 : kCompoundWeight);
      }
    }
    for (const auto& [first, token] : joined_) {
      for (size_t i = first; i < main_.size() && main_[i]->end <= token->end; ++i)
        AddAlternative(slots_[i], {token->term}, 1);
    }
    for (size_t i = 0; i < slots_.size(); ++i) {
      slots_[i].required = std::find(required_.begin(), required_.end(), main_[i]->begin) != required_.end();
    }
  }

  void ApplyChanges() {
    for (const Change& change : changes_) {
      for (size_t i = 0; i < main_.size(); ++i) {
        if (main_[i]->begin < change.new_begin || main_[i]->begin >= change.new_end) continue;
        if (change.action == text::SpellingVerdict::Action::kAlso) {
          AddAlternative(slots_[i], TermsOf(change.words), change.weight);
        } else {
          slots_[i].weight *= change.weight;
        }
      }
    }
  }

  void AddCompounds() {
    if (knowledge_.spelling == nullptr) return;
    std::vector<text::SpellingDictionary::Word> asked;
    for (const text::Token* token : main_) asked.push_back({token->word, token->term});
    for (const text::Compound& compound : knowledge_.spelling->Compounds(asked)) {
      const std::vector<std::string> terms = TermsOf(absl::StrJoin(compound.words, " "));
      const size_t slots = compound.words.size() == 1 ? 2 : 1;
      for (size_t i = compound.word; i < compound.word + slots && !terms.empty(); ++i)
        AddAlternative(slots_[i], terms, kCompoundWeight);
    }
  }

  void ReadMeanings() {
    std::vector<std::string> content;
    for (size_t i = 0; i < main_.size(); ++i) {
      if (WeightOf(*main_[i], words_) != kStopWeight) content.push_back(terms_[i]);
    }
    if (knowledge_.model == nullptr) return;
    to_.categories = knowledge_.model->Categories(content);
    for (size_t at = 0; at < terms_.size();) {
      QueryModel::Meaning meaning = knowledge_.model->MeaningOf(terms_, at);
      if (meaning.words == 0) {
        ++at;
        continue;
      }
      const Preference& first = meaning.preferences.front();
      const auto kind = first.field == "brand"      ? QueryPiece::Kind::kBrand
                        : first.field == "category" ? QueryPiece::Kind::kCategory
                                                    : QueryPiece::Kind::kAttribute;
      to_.pieces.push_back(
          {kind, main_[at]->begin, main_[at + meaning.words - 1]->end, absl::StrCat(first.field, " = ", first.value)});
      at += meaning.words;
      for (Preference& preference : meaning.preferences) to_.preferences.push_back(std::move(preference));
    }
  }

  // And their further forms.
  void DropMerged(const absl::flat_hash_set<const text::Token*>& merged) {
    std::vector<text::Token> kept;
    bool dropping = false;
    for (text::Token& token : to_.words) {
      if (!token.extra) dropping = merged.contains(&token);
      if (!dropping) kept.push_back(std::move(token));
    }
    to_.words = std::move(kept);
    main_.clear();
  }

  void Finish() {
    absl::flat_hash_set<const text::Token*> merged;  // tokens whose slot is another's now
    // Slots on both sides of an OR become one; from the last, so that indexes before stay.
    for (auto position = either_.rbegin(); position != either_.rend(); ++position) {
      size_t right = 0;
      while (right < main_.size() && main_[right]->begin < *position) ++right;
      if (right == 0 || right >= main_.size()) continue;
      for (Alternative& alternative : slots_[right].alternatives)
        AddAlternative(slots_[right - 1], std::move(alternative.terms), alternative.weight);
      slots_[right - 1].weight = std::max(slots_[right - 1].weight, slots_[right].weight);
      slots_.erase(slots_.begin() + static_cast<ptrdiff_t>(right));
      merged.insert(main_[right]);
      main_.erase(main_.begin() + static_cast<ptrdiff_t>(right));
    }
    for (const text::Token* token : main_) {
      const auto covers = [&](const QueryPiece& piece) {
        return piece.begin <= token->begin && token->end <= piece.end;
      };
      if (std::none_of(to_.pieces.begin(), to_.pieces.end(), covers))
        to_.pieces.push_back({QueryPiece::Kind::kWord, token->begin, token->end, token->term});
    }
    DropMerged(merged);
    std::stable_sort(to_.pieces.begin(), to_.pieces.end(),
                     [](const QueryPiece& a, const QueryPiece& b) { return a.begin < b.begin; });
    std::stable_sort(to_.preferences.begin(), to_.preferences.end(),
                     [](const Preference& a, const Preference& b) { return a.weight > b.weight; });
    to_.lexical.slots = std::move(slots_);
    const size_t room =
        QueryUnderstanding::kWordsMax - std::min(QueryUnderstanding::kWordsMax, to_.lexical.slots.size());
    if (further_.size() > room) further_.resize(room);
    if (to_.lexical.slots.size() > QueryUnderstanding::kWordsMax)
      to_.lexical.slots.resize(QueryUnderstanding::kWordsMax);
    std::move(further_.begin(), further_.end(), std::back_inserter(to_.lexical.slots));
  }

  const text::Analyzer& analyzer_;
  const QueryUnderstanding::Knowledge& knowledge_;
  const QueryWords& words_;
  const absl::Span<const Change> changes_;
  const absl::string_view query_;
  QueryReader reader_;
  UnderstoodQuery& to_;
  std::vector<Slot> slots_, further_;
  std::vector<std::string> terms_;        // of slots_
  std::vector<const text::Token*> main_;  // of slots_
  std::vector<std::pair<size_t, const text::Token*>> joined_;
  std::vector<uint32_t> required_, either_;  // bytes
};

}  // namespace

QueryUnderstanding::QueryUnderstanding(const text::Analyzer& analyzer, Knowledge knowledge)
    : analyzer_(analyzer), knowledge_(std::move(knowledge)) {}

UnderstoodQuery QueryUnderstanding::Understand(absl::string_view query, int64_t now_us) const {
  UnderstoodQuery understood;
  Assembly(analyzer_, knowledge_, query, {}, understood).Run(now_us);
  return understood;
}

UnderstoodQuery QueryUnderstanding::Understand(const text::CorrectedText& query, int64_t now_us) const {
  UnderstoodQuery understood;
  Assembly(analyzer_, knowledge_, query.text, query.changes, understood).Run(now_us);
  return understood;
}

std::vector<std::string> QueryUnderstanding::FunctionWords(absl::string_view language) {
  const QueryWords& words = WordsOf(language);
  absl::flat_hash_set<std::string> all;
  for (const auto& [phrase, roles] : words.phrases) {
    for (absl::string_view word : absl::StrSplit(phrase, ' ')) all.emplace(word);
  }
  for (const auto& [word, value] : words.numbers) all.insert(word);
  for (const auto& [word, code] : words.currencies) all.emplace(word);
  std::vector<std::string> sorted(all.begin(), all.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace kontor::search
