#include "libs/domain/nn/training_loop.h"

#include <ATen/Parallel.h>

#include <cmath>
#include <exception>
#include <limits>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "libs/base/status.h"

namespace kontor::nn {
namespace {

constexpr absl::string_view kCheckpointKind = "checkpoint";

// LibTorch's threads for as long as it lives.
class ThreadsScope {
 public:
  explicit ThreadsScope(int threads) : before_(at::get_num_threads()) { at::set_num_threads(threads); }
  ~ThreadsScope() { at::set_num_threads(before_); }
  ThreadsScope(const ThreadsScope&) = delete;
  ThreadsScope& operator=(const ThreadsScope&) = delete;

 private:
  const int before_;
};

class Loop {
 public:
  Loop(Trainee& trainee, const LoopOptions& options, const TrainControl& control)
      : trainee_(trainee), options_(options), control_(control) {
    if (control.clock != nullptr) start_ = control.clock->Now();
  }

  absl::StatusOr<Arrays> Run() {
    if (!control_.resume.empty()) RETURN_IF_ERROR(Resume());
    const int patience = control_.patience > 0 ? control_.patience : options_.patience;
    const int epochs = control_.max_epochs > 0 ? control_.max_epochs : options_.max_epochs;
    while (epoch_ < epochs && epoch_ - best_epoch_ < patience && !OutOfTime()) RETURN_IF_ERROR(Epoch());
    if (best_epoch_ == 0) return absl::DeadlineExceededError("the time for training was used up before it began");
    return std::move(best_);
  }

 private:
  double Seconds() const {
    return control_.clock == nullptr ? 0 : absl::ToDoubleSeconds(control_.clock->Now() - start_);
  }
  bool OutOfTime() const { return control_.max_seconds > 0 && Seconds() >= control_.max_seconds; }

  absl::Status Epoch() {
    ++epoch_;
    // Every epoch has its own numbers, so that a resumed training draws the same ones.
    base::Random random(control_.seed * 0x9E3779B97F4A7C15 + static_cast<uint64_t>(epoch_));
    const size_t batches = trainee_.StartEpoch(random);
    if (batches == 0) return absl::InvalidArgumentError("the data hold nothing that can be learnt");
    double sum = 0;
    size_t done = 0;
    for (; done < batches && (done == 0 || !OutOfTime()); ++done) {
      if (control_.cancelled && control_.cancelled()) return absl::CancelledError("the training was cancelled");
      const at::Tensor loss = trainee_.Loss(done, random);
      const double value = loss.item<float>();
      if (!std::isfinite(value)) {
        return absl::InternalError(absl::StrCat("the loss is not finite in batch ", done + 1, " of epoch ", epoch_,
                                                "; train with a smaller learning rate"));
      }
      loss.backward();
      trainee_.parameters().Step(options_.rate);
      sum += value;
    }
    return EndEpoch(sum / static_cast<double>(done));
  }

  absl::Status EndEpoch(double loss) {
    Arrays averages;
    trainee_.parameters().SaveAverages(averages);
    Arrays model = trainee_.Export(averages);
    ASSIGN_OR_RETURN(const double figure, trainee_.Validate(model));
    if (!std::isfinite(figure)) return absl::InternalError("the validation figure is not finite");
    if (best_epoch_ == 0 || figure > best_figure_) {
      best_epoch_ = epoch_;
      best_figure_ = figure;
      best_ = std::move(model);
    }
    if (control_.progress) control_.progress({epoch_, loss, figure, best_figure_, Seconds()});
    return control_.checkpoint ? control_.checkpoint(Checkpoint()) : absl::OkStatus();
  }

  std::string Checkpoint() const {
    Arrays state;
    state.kind = std::string(kCheckpointKind);
    trainee_.parameters().SaveState(state);
    state.numbers["seed"] = static_cast<double>(control_.seed);
    state.numbers["epoch"] = epoch_;
    state.numbers["best_epoch"] = best_epoch_;
    state.numbers["best_figure"] = best_figure_;
    for (const auto& [name, value] : best_.numbers) state.numbers["best/" + name] = value;
    for (const auto& [name, array] : best_.arrays) state.arrays["best/" + name] = array;
    state.numbers["kind/" + best_.kind] = 1;
    return SaveArrays(state);
  }

  absl::Status Resume() {
    ASSIGN_OR_RETURN(Arrays state, LoadArrays(control_.resume));
    if (state.kind != kCheckpointKind) return absl::InvalidArgumentError("these bytes are no checkpoint of a training");
    if (absl::Status status = trainee_.parameters().RestoreState(state); !status.ok()) return Foreign(status);
    ASSIGN_OR_RETURN(const double seed, state.Number("seed"));
    if (seed != static_cast<double>(control_.seed)) return Foreign(absl::InvalidArgumentError("another seed"));
    ASSIGN_OR_RETURN(const double epoch, state.Number("epoch"));
    ASSIGN_OR_RETURN(const double best_epoch, state.Number("best_epoch"));
    ASSIGN_OR_RETURN(best_figure_, state.Number("best_figure"));
    epoch_ = static_cast<int>(epoch);
    best_epoch_ = static_cast<int>(best_epoch);
    for (auto& [name, value] : state.numbers) {
      if (name.rfind("best/", 0) == 0) best_.numbers[name.substr(5)] = value;
      if (name.rfind("kind/", 0) == 0) best_.kind = name.substr(5);
    }
    for (auto& [name, array] : state.arrays) {
      if (name.rfind("best/", 0) == 0) best_.arrays[name.substr(5)] = std::move(array);
    }
    return absl::OkStatus();
  }

  static absl::Status Foreign(const absl::Status& status) {
    return absl::InvalidArgumentError(absl::StrCat("the checkpoint is of another training: ", status.message()));
  }

  Trainee& trainee_;
  const LoopOptions& options_;
  const TrainControl& control_;
  absl::Time start_;
  int epoch_ = 0;
  int best_epoch_ = 0;
  double best_figure_ = -std::numeric_limits<double>::infinity();
  Arrays best_;
};

}  // namespace

absl::Status CheckOptions(std::initializer_list<Rule> rules) {
  for (const Rule& rule : rules) {
    if (!rule.holds) return absl::InvalidArgumentError(rule.sentence);
  }
  return absl::OkStatus();
}

std::vector<size_t> RandomOrder(size_t size, base::Random& random) {
  std::vector<size_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  for (size_t i = size; i > 1; --i) std::swap(order[i - 1], order[random.Below(i)]);
  return order;
}

absl::StatusOr<Arrays> RunTraining(const std::function<std::unique_ptr<Trainee>()>& make, const LoopOptions& options,
                                   const TrainControl& control) {
  if (control.max_seconds > 0 && control.clock == nullptr) {
    return absl::InvalidArgumentError("a limit of seconds needs a clock");
  }
  if (control.threads < 1) return absl::InvalidArgumentError("training needs at least one thread");
  try {
    const ThreadsScope threads(control.threads);
    const std::unique_ptr<Trainee> trainee = make();
    return Loop(*trainee, options, control).Run();
  } catch (const std::exception& e) {
    return absl::InternalError(absl::StrCat("LibTorch: ", e.what()));
  }
}

}  // namespace kontor::nn
