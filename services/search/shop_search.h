#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/base/mutex.h"
#include "libs/base/snapshot.h"
#include "libs/domain/search/activity.h"
#include "libs/domain/search/click_log.h"
#include "libs/domain/search/engine.h"
#include "libs/domain/search/index.h"
#include "libs/domain/search/suggest.h"
#include "libs/domain/text/analyzer.h"
#include "services/search/catalogue_state.h"
#include "services/search/decode.h"
#include "services/search/meaning_keeper.h"

namespace kontor::search {

// What is learned from a state of the index beside it; built aside, in the background. Immutable; parts may be missing.
struct Companions {
  uint64_t texts = 0, records = 0;  // of the shop when they were learned
  std::shared_ptr<const text::SpellingDictionary> spelling;
  std::shared_ptr<const QueryModel> model;
  std::shared_ptr<const SuggestIndex> suggestions;
  std::shared_ptr<const Meaning> meaning;
};

// One shop's search: what the log says, folded into an index and what stands beside it. One thread applies records;
// everything else is thread-safe.
class ShopSearch {
 public:
  // `sentences` may be null. `reading_share`: of the products, above 0, at most 1, are in the index; which ones, their
  // ids decide.
  ShopSearch(std::unique_ptr<const text::Analyzer> analyzer, std::shared_ptr<const nn::SentenceEncoder> sentences,
             double reading_share = 1);

  const text::Analyzer& analyzer() const { return *analyzer_; }

  // In the order of the log. Refused where the record's words do not fit into the index (too large).
  absl::Status Apply(const DecodedRecord& record);
  // Makes what was applied visible to answers.
  bool Commit() { return index_.Commit(); }
  bool Merge() { return index_.Merge(); }

  std::shared_ptr<const IndexView> View() const { return index_.View(); }
  std::shared_ptr<const Companions> companions() const { return companions_.Get(); }
  // Learns the companions again from the index as it stands: seconds for a large catalogue, minutes where many titles
  // are new to the sentence encoder; `cancelled` ends that early. One caller at a time.
  void RefreshCompanions(const std::function<bool()>& cancelled);

  // Grow when what companions are learned from has changed (title, brand, category, attributes; a product that has
  // gone), and with every record.
  uint64_t texts() const { return texts_.load(std::memory_order_relaxed); }
  uint64_t records() const { return records_.load(std::memory_order_relaxed); }

  // The newest event.
  absl::Time newest_event() const;

  std::string main_currency() const;  // never waits for records
  // Whether the log has said anything of the product, and whether that was its removal last.
  struct Known {
    bool known = false, removed = false;
  };
  Known KnownProduct(absl::string_view product) const;

  // Reads the activity under its lock.
  void ReadActivity(absl::FunctionRef<void(const Activity&)> read) const;
  ClickedAnswers Clicks() const;

  // All of it but the companions, committed; `owner` names the positions. Load: DATA_LOSS, also for another
  // reading_share, and nothing has changed.
  std::string Save(absl::string_view owner);
  absl::StatusOr<std::string> Load(absl::string_view bytes);
  // Forgets everything.
  void Reset();

 private:
  bool Reads(absl::string_view product) const;
  absl::Status ApplyProduct(const catalogue::ProductSnapshot& product) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status ApplyActivity(const DecodedRecord& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  LiveValues LiveOf(const std::string& product) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status SetLive(const std::string& product) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetCurrency(std::string currency) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RefreshCurrency() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::unique_ptr<const text::Analyzer> analyzer_;
  const double reading_share_;
  Index index_;
  base::Snapshot<Companions> companions_;
  MeaningKeeper meaning_;  // of the thread that refreshes companions
  std::atomic<int64_t> newest_micros_{0};
  std::atomic<uint64_t> texts_{0}, records_{0};
  base::Snapshot<std::string> shown_currency_;  // the same as currency_
  mutable base::Mutex mutex_;
  CatalogueState catalogue_ ABSL_GUARDED_BY(mutex_);
  Activity activity_ ABSL_GUARDED_BY(mutex_);
  ClickLog clicks_ ABSL_GUARDED_BY(mutex_);
  std::string currency_ ABSL_GUARDED_BY(mutex_);  // that most prices are in
};

}  // namespace kontor::search
