#include "libs/domain/search/rescue.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status.h"

namespace kontor::search {
namespace {

constexpr float kAnyCosine = 1e-6F;

class Relaxing {
 public:
  Relaxing(const SearchEngine& engine, const EngineParts& parts, const EngineSettings& settings,
           const Question& question, const Answer& empty, absl::Time deadline)
      : engine_(engine),
        parts_(parts),
        settings_(settings),
        question_(question),
        reading_(empty.reading),
        deadline_(deadline) {
    // Answer::filters: the question's, its category, what was read, the rules'.
    const size_t own = question.filters.size(), category = question.category.empty() ? 0 : 1;
    for (size_t i = 0; i < empty.filters.size(); ++i) {
      const bool read = i >= own + category && i < own + category + reading_.filters.size();
      if (i >= own && !read) kept_filters_.push_back(empty.filters[i]);
    }
    kept_.excluded = reading_.understood.lexical.excluded;
  }

  absl::StatusOr<std::optional<Rescue>> Run() {
    RETURN_IF_ERROR(KeepWords());
    if (!words_.empty() && kept_words_.empty()) return NearestOfMeaning();
    KeepPhrases();
    KeepFilters();
    if (!status_.ok()) return status_;
    if (rescue_.words.empty() && rescue_.filters.empty() && !rescue_.price)
      return std::optional<Rescue>();  // all was kept
    Question relaxed = Relaxed();
    relaxed.match = {MatchPolicy::kAll, 0};
    return Asked(relaxed, settings_);
  }

 private:
  // After an error nothing is found; it is told at the end.
  bool Finds() {
    if (!status_.ok()) return false;
    const absl::StatusOr<bool> finds = engine_.Finds(parts_, kept_, kept_filters_, deadline_);
    status_.Update(finds.status());
    return finds.ok() && *finds;
  }

  // Keeps an entry of a list if something is found with it.
  template <typename T>
  bool Keep(std::vector<T>& list, const T& entry) {
    list.push_back(entry);
    if (Finds()) return true;
    list.pop_back();
    return false;
  }

  absl::Status KeepWords() {
    const auto& slots = reading_.understood.lexical.slots;
    for (const text::Token& word : reading_.understood.words) {
      if (!word.extra && words_.size() < slots.size()) words_.push_back(word.word);
    }
    ASSIGN_OR_RETURN(const std::vector<SlotFrequency> frequencies,
                     engine_.Frequencies(parts_, reading_.understood.lexical, deadline_));
    std::vector<size_t> order(words_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    const auto mass = [&](size_t i) { return slots[i].weight * frequencies[i].idf; };
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return mass(a) > mass(b); });
    for (const size_t i : order) {
      if (frequencies[i].document_frequency > 0 && Keep(kept_.slots, slots[i])) kept_words_.push_back(i);
    }
    std::sort(kept_words_.begin(), kept_words_.end());
    kept_.slots.clear();
    for (const size_t i : kept_words_) kept_.slots.push_back(slots[i]);
    for (size_t i = 0; i < words_.size(); ++i) {
      if (!std::binary_search(kept_words_.begin(), kept_words_.end(), i)) rescue_.words.push_back(words_[i]);
    }
    return status_;
  }

  void KeepPhrases() {
    for (const auto& phrase : reading_.understood.lexical.phrases) {
      if (!Keep(kept_.phrases, phrase)) rescue_.words.push_back(absl::StrCat("\"", absl::StrJoin(phrase, " "), "\""));
    }
  }

  void KeepFilters() {
    for (size_t i = 0; i < question_.filters.size(); ++i) {
      if (!Keep(kept_filters_, question_.filters[i])) rescue_.filters.push_back(i);
    }
    for (const Filter& filter : reading_.filters) rescue_.price |= !Keep(kept_filters_, filter);
  }

  Question Relaxed() const {
    Question relaxed = question_;
    relaxed.facets.clear();
    relaxed.ranges.clear();
    relaxed.useful_facets = 0;
    relaxed.cursor.reset();
    relaxed.filters.clear();
    for (size_t i = 0; i < question_.filters.size(); ++i) {
      const bool dropped = std::find(rescue_.filters.begin(), rescue_.filters.end(), i) != rescue_.filters.end();
      if (!dropped) relaxed.filters.push_back(question_.filters[i]);
    }
    auto reading = std::make_shared<Reading>(reading_);
    reading->understood.lexical = kept_;
    if (rescue_.price) reading->filters.clear();
    size_t word = 0;  // behind the one that is looked at
    auto& words = reading->understood.words;
    const auto dropped = [&](const text::Token& token) {
      word += token.extra ? 0 : 1;
      return word == 0 || !std::binary_search(kept_words_.begin(), kept_words_.end(), word - 1);
    };
    words.erase(std::remove_if(words.begin(), words.end(), dropped), words.end());
    relaxed.reading = std::move(reading);
    return relaxed;
  }

  absl::StatusOr<std::optional<Rescue>> Asked(const Question& relaxed, const EngineSettings& settings) {
    ASSIGN_OR_RETURN(rescue_.answered, engine_.Ask(parts_, settings, relaxed, deadline_));
    if (rescue_.answered.answer.total == 0) return std::optional<Rescue>();
    return std::optional<Rescue>(std::move(rescue_));
  }

  absl::StatusOr<std::optional<Rescue>> NearestOfMeaning() {
    if (question_.effort == Effort::kLexical) return std::optional<Rescue>();
    EngineSettings settings = settings_;
    settings.least_sentence_cosine = settings.least_catalogue_cosine = kAnyCosine;
    settings.neighbours = question_.page_size;
    Question relaxed = question_;
    relaxed.facets.clear();
    relaxed.ranges.clear();
    relaxed.useful_facets = 0;
    relaxed.cursor.reset();
    relaxed.sort.reset();
    rescue_.by_meaning = true;
    ASSIGN_OR_RETURN(std::optional<Rescue> found, Asked(relaxed, settings));
    if (found.has_value() || relaxed.filters.empty()) return found;
    relaxed.filters.clear();
    rescue_.filters.resize(question_.filters.size());
    std::iota(rescue_.filters.begin(), rescue_.filters.end(), size_t{0});
    return Asked(relaxed, settings);
  }

  const SearchEngine& engine_;
  const EngineParts& parts_;
  const EngineSettings& settings_;
  const Question& question_;
  const Reading& reading_;
  const absl::Time deadline_;
  absl::Status status_;
  std::vector<std::string> words_;  // of the slots that are words
  std::vector<size_t> kept_words_;  // indexes, ascending
  LexicalQuery kept_;
  std::vector<Filter> kept_filters_;
  Rescue rescue_;
};

}  // namespace

absl::StatusOr<std::optional<Rescue>> FindRescue(const SearchEngine& engine, const EngineParts& parts,
                                                 const EngineSettings& settings, const Question& question,
                                                 const Answer& empty, absl::Time deadline) {
  const bool asked_for = empty.total == 0 && !question.verbatim && empty.plan.redirect_url.empty();
  if (!asked_for) return std::optional<Rescue>();
  return Relaxing(engine, parts, settings, question, empty, deadline).Run();
}

}  // namespace kontor::search
