/** What a model can do, on prompts of the tasks' test split. */
@NullMarked
package io.loupe.workbench.evaluation;

import org.jspecify.annotations.NullMarked;
