/** What people look at or mark in a text, and how much of it a model's attention shares. */
@NullMarked
package io.loupe.datasets.human;

import org.jspecify.annotations.NullMarked;
